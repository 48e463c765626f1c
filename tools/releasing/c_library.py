"""The C library: header, shared and static library, pkg-config file and example, in one tarball for each target.

Not by cargo-c, which makes the same files: it compiles all of cargo first, and does not go with cargo-zigbuild, by
which the libraries run with the C library of ten years ago and are made for another processor.
"""

import re
import shutil

from . import bill, toolbox, vectors
from .common import GLIBC, ROOT, TARGETS, Refused, tarball, unpack

PKG_CONFIG = """\
prefix=${{pcfiledir}}/../..
includedir=${{prefix}}/include
libdir=${{prefix}}/lib

Name: seedbed
Description: Reproducible sampling kernels and neural-network weight initializers
Version: {version}
Cflags: -I${{includedir}}
Libs: -L${{libdir}} -lseedbed
Libs.private: {private}
"""


def make(release):
    for target in TARGETS:
        path = make_for(release, target)
        test(release, path, target)


def soname(version):
    """Versions of the library with this name are compatible: those of Rust's rule."""
    major, minor, _ = version.split("-")[0].split(".")
    return f"libseedbed.so.{major}" + (f".{minor}" if major == "0" else "")


def make_for(release, target):
    shared = soname(release.version)
    built = release.run(
        *[toolbox.program(release, "cargo-zigbuild"), "rustc", "--release", "--locked", "-p", "seedbed", "--lib"],
        *["--features", "capi", "--target", f"{target}.{GLIBC}", "--crate-type", "cdylib,staticlib", "--"],
        *["--print=native-static-libs", "-C", f"link-arg=-Wl,-soname,{shared}"],
        environment=toolbox.on_path(release),
    )
    private = re.search(r"native-static-libs: (.*)", built.stderr.decode())
    if not private:
        raise Refused(f"rustc did not say which libraries a static libseedbed for {target} needs")
    libraries = release.target / target / "release"
    pkg_config = PKG_CONFIG.format(version=release.version, private=private[1].strip())
    documents = "share/doc/seedbed"
    path = release.out / "c" / f"seedbed-c-{release.version}-{target}.tar.gz"
    files = {
        "include/seedbed.h": ROOT / "include/seedbed.h",
        f"lib/libseedbed.so.{release.version}": libraries / "libseedbed.so",
        f"lib/{shared}": ("link", f"libseedbed.so.{release.version}"),
        "lib/libseedbed.so": ("link", shared),
        "lib/libseedbed.a": libraries / "libseedbed.a",
        "lib/pkgconfig/seedbed.pc": pkg_config.encode(),
        f"{documents}/example.c": example(),
        f"{documents}/LICENSE-APACHE": ROOT / "LICENSE-APACHE",
        f"{documents}/LICENSE-MIT": ROOT / "LICENSE-MIT",
        f"{documents}/LICENSE-THIRD-PARTY": bill.notices(release, "seedbed", ROOT, target),
    }
    tarball(path, files, release.epoch)
    return path


def example():
    """The program of the guide."""
    page = (ROOT / "guide/src/c.md").read_text()
    return re.search(r"```c\n(.*?)```", page, re.DOTALL)[1].encode()


def test(release, path, target):
    """Compiles programs with what the tarball says of itself, shared and static, and compares their values."""
    emulator = vectors.emulator(target)
    compiler = "cc" if emulator == [] else f"{target.replace('-unknown', '')}-gcc"
    if emulator is None or not shutil.which(compiler):
        print(f"NOT TESTED: {path.name}: no emulator or no compiler for {target}")
        return
    place = unpack(path, release.work / "c")
    environment = {"PKG_CONFIG_PATH": str(place / "lib/pkgconfig"), "LD_LIBRARY_PATH": str(place / "lib")}
    for kind in ("shared", "static"):
        if kind == "static":
            for library in place.glob("lib/libseedbed.so*"):
                library.unlink()
        asked = ["pkg-config", "--cflags", "--libs", *(["--static"] if kind == "static" else []), "seedbed"]
        flags = release.run(*asked, environment=environment).stdout.decode().split()
        for source in (place / "share/doc/seedbed/example.c", ROOT / "tests/capi/vectors_test.c"):
            program = place / f"{source.stem}-{kind}"
            release.run(compiler, "-std=c99", "-Wall", "-Werror", source, *flags, "-o", program)
        example = release.run(*emulator, place / f"example-{kind}", environment=environment)
        print(example.stdout.decode().strip())
        vectors.compare_c(release, [*emulator, place / f"vectors_test-{kind}"], environment)

#!/usr/bin/env python3
"""Who includes whom: every include against cmake/layers.txt, one owner per library, a README per module."""
import re
import subprocess
import sys
from pathlib import Path

# The one user of each library; None: every module, but not in public headers. First match counts.
OWNERS = [
    (r'lib(avcodec|avformat|avutil|avfilter|swscale|swresample)/', {'media'}),
    (r'boost/(asio|beast)', {'net', 'delivery', 'live'}),
    (r'sqlite3\.h|libpq', {'database'}),
    (r'seccomp\.h|linux/(seccomp|landlock)', {'sandbox'}),
    (r'zimg', {'colour'}),
    (r'jpeglib', {'media'}),
    (r'pugixml', {'imf', 'media', 'overlay', 'storage', 'subtitles'}),
    (r'openjpeg', {'imf'}),
    (r'curl/', {'storage'}),
    (r'openssl/', {'core', 'accounts', 'deliver', 'keys', 'packaging', 'net', 'reports', 'storage'}),
    (r'(pango|fontconfig)', {'reports'}),
    (r'cairo', {'overlay', 'reports'}),
    (r'(librsvg|png\.h|gio/|hb\.h|fribidi|ft2build)', {'overlay'}),
    (r'(toml\+\+|hwy|ebur128|xxhash|CLI)(/|\.)', None),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def read_table(path, wrong):
    uses, layer = {}, {}
    for line in Path(path).read_text().splitlines():
        if not re.match('[a-z]', line):
            continue
        name, number, *used = line.split()
        if name in uses:
            wrong.append(f'{path}: {name} stands twice')
        for other in used:
            if other not in uses:
                wrong.append(f'{path}: {name} uses {other}, which does not stand above it: a circle, or a wrong name')
            elif layer[other] > int(number):
                wrong.append(f'{path}: {name} (layer {number}) uses {other} of the higher layer {layer[other]}')
        uses[name], layer[name] = set(used), int(number)
    return uses


def check_include(where, module, public, target, uses, wrong):
    ours = re.match(r'pier/([a-z]+)/', target)
    if ours and ours[1] != module and ours[1] not in uses[module]:
        wrong.append(f'{where}: {module} may not use {ours[1]} (cmake/layers.txt)')
    if target.startswith(('../', 'src/')):
        wrong.append(f'{where}: "{target}" reaches into a private folder')
    for pattern, owners in OWNERS:
        if not re.match(pattern, target):
            continue
        if owners is not None and module not in owners:
            wrong.append(f'{where}: <{target}> belongs to {", ".join(sorted(owners))}')
        elif public:
            wrong.append(f'{where}: <{target}> in a public header')
        return


def main():
    wrong, includes = [], 0
    uses = read_table('cmake/layers.txt', wrong)
    files = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', 'src'], check=True, capture_output=True,
                           text=True).stdout.split('\n')
    modules = sorted({name.split('/')[1] for name in files if name.count('/') > 1})
    for module in modules:
        if module not in uses:
            wrong.append(f'src/{module}: no line in cmake/layers.txt')
        elif not Path(f'src/{module}/README.md').is_file():
            wrong.append(f'src/{module}: no README.md (owns, does not own, key types, threads, errors)')
    for name in files:
        if not name.endswith(('.cpp', '.hpp')) or not Path(name).is_file() or name.split('/')[1] not in uses:
            continue
        module, public = name.split('/')[1], '/include/' in name
        for number, line in enumerate(Path(name).read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                includes += 1
                check_include(f'{name}:{number}', module, public, found[1], uses, wrong)
    for line in wrong:
        print(f'layers: {line}')
    print(f'layers: {includes} includes of {len(modules)} modules, {len(wrong)} wrong')
    return 1 if wrong else 0


sys.exit(main())

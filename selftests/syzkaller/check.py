#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what knows the ioctl interface by heart with uapi/drm/qnn_accel.h.

Every ioctl, every structure of one with its members, their order and sizes, and
every flag and enumerator must be in dev_accel_qnn.txt; every structure that user
space writes also in the tables of the fuzzer, fuzz-ioctl/abi.c. The structures of a
program are compared with firmware/qnn_program.h. Prints TAP.
"""
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SIZES = {'__u8': 1, '__u16': 2, '__u32': 4, '__s32': 4, '__u64': 8, '__s64': 8,
         'u8': 1, 's8': 1, 'u16': 2, 's16': 2, 'u32': 4, 's32': 4, 'u64': 8, 's64': 8}
# What the kernel writes to a BO; no caller passes it, and no enumerator of it.
KERNEL_WRITES = {'drm_qnn_report', 'drm_qnn_layer_report'}
ANSWERS = re.compile(r'DRM_QNN_(BACKEND|REASON)_')
# Names in the description of what firmware/qnn_program.h has.
PROGRAM = {'qnn_program_header': 'qnn_header', 'qnn_region_desc': 'qnn_region',
           'qnn_tensor_desc': 'qnn_tensor', 'qnn_stage_desc': 'qnn_stage',
           'qnn_conv_desc': 'qnn_conv', 'qnn_pool_desc': 'qnn_pool',
           'qnn_add_desc': 'qnn_add', 'qnn_copy_axis': 'qnn_axis',
           'qnn_copy_desc': 'qnn_copy', 'qnn_softmax_desc': 'qnn_softmax'}
UNION_SIZE = 104


def c_structs(text):
    """{name: [(member, type, count)]} of all structures without unions in them."""
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    found = {}
    for name, body in re.findall(r'struct (\w+) \{([^{}]*)\};', text):
        found[name] = []
        for kind, member, count in re.findall(
                r'(?:struct )?(\w+) (\w+)(?:\[(\w+)\])?;', body):
            count = {'': 1, 'QNN_COPY_AXES': 3}.get(count) or int(count)
            found[name].append((member, kind, count))
    return found


def c_size(kind, structs):
    if kind in SIZES:
        return SIZES[kind]
    return sum(c_size(k, structs) * n for _, k, n in structs[kind])


class Description:
    def __init__(self, text):
        lines = [line.split('#')[0] if line.startswith('#') else line
                 for line in text.splitlines()]
        text = '\n'.join(lines)
        self.ioctls = dict(re.findall(r'^ioctl\$(\w+)\(.* arg ptr\[(\w+, \w+)\]\)$', text, re.M))
        self.resources = dict(re.findall(r'^resource (\w+)\[(\w+)\]', text, re.M))
        self.resources.update(drm_gem_handle='int32', drm_syncobj='int32')
        self.flags = re.findall(r'^\w+ = (.*)$', text, re.M)
        self.structs = {}
        self.unions = {}
        for name, body in re.findall(r'^(\w+) \{\n(.*?)^\}', text, re.M | re.S):
            self.structs[name] = [tuple(line.split('\t', 1)) for line in
                                  (re.sub(r'\t+', '\t', row.strip(), count=1)
                                   for row in body.splitlines() if row.strip())]
        for name, body in re.findall(r'^(\w+) \[\n(.*?)^\]', text, re.M | re.S):
            self.unions[name] = [row.split(None, 1)[1] for row in body.splitlines()]

    def size(self, kind):
        kind = re.sub(r'\s*\((in|out|inout)\)$', '', kind.strip())
        array = re.fullmatch(r'array\[(.*), (\d+)\]', kind)
        if array:
            return self.size(array[1]) * int(array[2])
        if kind == 'vma64' or kind.startswith('ptr64['):
            return 8
        number = re.search(r'\bint(8|16|32|64)\b', kind)
        if number:
            return int(number[1]) // 8
        name = kind.split('[')[0]
        if name in self.resources:
            below = self.resources[name]
            return 8 if below == 'intptr' else self.size(below)
        if name in self.unions:
            return max(self.size(member) for member in self.unions[name])
        return sum(self.size(member[1]) for member in self.structs[name])


class Tap:
    def __init__(self):
        self.number = 0
        self.failed = False

    def result(self, what, complaints):
        self.number += 1
        for text in complaints:
            print('#', text)
        self.failed |= bool(complaints)
        print('not ok' if complaints else 'ok', self.number, what)


def compare_members(name, members, structs, described, sizes):
    """Complaints about a structure whose description is [(member, type)]."""
    if described is None:
        return [f'{name} is not described']
    bad = []
    have = [row[0] for row in described if row[0] != 'tail']
    want = [member for member, _, _ in members]
    if have != want:
        return [f'{name} has {", ".join(want)}; described are {", ".join(have)}']
    for (member, kind, count), row in zip(members, described):
        size = c_size(kind, structs) * count
        if sizes and sizes(row[1]) != size:
            bad.append(f'{name}.{member} has {size} bytes, described are {sizes(row[1])}')
    return bad


def check_ioctls(header, text):
    bad = []
    ways = {'DRM_IOWR': 'inout', 'DRM_IOW': 'in', 'DRM_IOR': 'out'}
    for name, way, struct in re.findall(
            r'#define (DRM_IOCTL_QNN_\w+) \\\s+(\w+)\([^,]*, struct (\w+)\)', header):
        want = f'{ways[way]}, {struct}'
        if text.ioctls.get(name) != want:
            bad.append(f'{name}: {want} is described as {text.ioctls.get(name)}')
    return bad


def check_names(header, text):
    listed = {name for row in text.flags for name in row.split(', ')}
    header = re.sub(r'/\*.*?\*/', '', header, flags=re.S)
    names = re.findall(r'^#define (DRM_QNN_\w+)\t+\(', header, re.M)
    for body in re.findall(r'enum \w+ \{([^}]*)\}', header):
        names += re.findall(r'(DRM_QNN_\w+) =', body)
    return [f'{name} is in no list' for name in names
            if name not in listed and not ANSWERS.match(name)]


def fuzzer_tables(text):
    """{structure: [(member,)]} of the tables of the fuzzer."""
    tables = {}
    for struct, body in re.findall(r'#define T struct (\w+)\n(.*?)#undef T', text, re.S):
        tables[struct] = [(member,) for member in re.findall(r'FIELD\(T, (\w+)', body)]
    return tables


def main():
    header = (TOP / 'uapi/drm/qnn_accel.h').read_text()
    text = Description((TOP / 'selftests/syzkaller/dev_accel_qnn.txt').read_text())
    structs = c_structs(header)
    program = c_structs((TOP / 'firmware/qnn_program.h').read_text())
    tables = fuzzer_tables((TOP / 'selftests/fuzz-ioctl/abi.c').read_text())
    passed = [name for name in structs if name not in KERNEL_WRITES]
    tap = Tap()
    print('1..6')
    tap.result('ioctls are described', check_ioctls(header, text))
    tap.result('flags and enumerators are listed', check_names(header, text))
    tap.result('structures are described member by member', [
        line for name in passed for line in
        compare_members(name, structs[name], structs, text.structs.get(name), text.size)])
    tap.result('the fuzzer knows every member', [
        line for name in passed if name != 'drm_qnn_device_info' for line in
        compare_members(name, structs[name], structs, tables.get(name), None)])
    tap.result('structures of a program are described', [
        line for name, other in PROGRAM.items() for line in
        compare_members(name, program[name], program, text.structs.get(other), text.size)])
    tap.result('operands of a command have one size', [
        f'{kind} has {text.size(kind)} bytes' for kind in text.unions['qnn_operation']
        if text.size(kind) != UNION_SIZE])
    return tap.failed


if __name__ == '__main__':
    sys.exit(main())

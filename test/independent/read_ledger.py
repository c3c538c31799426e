"""
Reads and verifies a ledger with its segments, or a segment by itself, from docs/FORMAT.md alone: Python's sqlite3, the command zstd, and BLAKE3 beside this
file. Prints the payloads, one a line, and the head on standard error.

    read_ledger.py FILE [ARCHIVE]
"""

import json
import os
import sqlite3
import struct
import subprocess
import sys

from blake3 import blake3

LEDGER, SEGMENT = 0x43444558, 0x43445347


def fail(fact):
    sys.exit(f'broken: {fact}')


def check(holds, fact):
    if not holds:
        fail(fact)


def fields(*values):
    parts = []
    for value in values:
        if value is None:
            kind, data = 0, b''
        elif isinstance(value, int):
            kind, data = 1, struct.pack('<q', value)
        elif isinstance(value, str):
            kind, data = 2, value.encode()
        else:
            kind, data = 3, bytes(value)
        parts.append(struct.pack('<BI', kind, len(data)) + data)
    return b''.join(parts)


def unpacked(data):
    done = subprocess.run(['zstd', '-dcq'], input=data, stdout=subprocess.PIPE, check=True)
    return done.stdout


def rows(db, sql, *values):
    return [dict(row) for row in db.execute(sql, values)]


def has_table(db, name):
    return db.execute("select 1 from sqlite_schema where type = 'table' and name = ?", (name,)).fetchone() is not None


def opened(path):
    db = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
    db.row_factory = sqlite3.Row
    db.text_factory = str
    return db


def joints_of(db, ledger):
    """Epochs and records of archived runs in the order of the chain, each with a function of the hash before it."""
    partitions = rows(db, 'select * from partition order by id')
    found = []
    for epoch in rows(db, 'select * from epoch order by epoch'):
        placed = []
        if has_table(db, 'placements'):
            placed = rows(db, 'select key, partition from placements where epoch = ?', epoch['epoch'])
        placed.sort(key=lambda row: row['key'].encode())
        own = [row for row in partitions if row['epoch'] <= epoch['epoch']]

        def hash_epoch(previous, epoch=epoch, own=own, placed=placed):
            data = fields('completengine/1', 'epoch', previous, ledger['uuid'], ledger['created_at'], ledger['config'])
            data += fields(epoch['epoch'], epoch['from_sequence'], epoch['routing'], len(own))
            for row in own:
                data += fields(row['id'], row['name'], row['table_name'], row['epoch'])
            data += fields(len(placed))
            for row in placed:
                data += fields(row['key'], row['partition'])
            return blake3(data)

        found.append((epoch['from_sequence'], epoch['epoch'], 0, hash_epoch, epoch))
    for record in runs_of(db):
        def hash_record(previous, record=record):
            names = 'number before_sequence epoch first_sequence through first_time last_time commits archived_at ends seams'
            names += ' hash_behind file bytes checksum'
            return blake3(fields('completengine/1', 'archive', ledger['uuid'], previous, *(record[it] for it in names.split())))

        found.append((record['before_sequence'], record['epoch'], record['number'], hash_record, record))
    return sorted(found, key=lambda joint: joint[:3])


def runs_of(db):
    return rows(db, 'select * from segments order by number') if has_table(db, 'segments') else []


class Walk:
    """Takes commits in order, verifies each, and prints its events."""

    def __init__(self, uuid, joints, sequence, previous):
        self.uuid, self.joints = uuid, joints
        self.next, self.hash = sequence, previous
        self.time = None
        self.offsets = {}

    def through_joints(self, sequence):
        for before, _, _, hash_after, row in self.joints:
            if before == sequence:
                self.hash = hash_after(self.hash)
                check(self.hash == row['hash'], f'the link before sequence {sequence}')

    def take(self, commit, frames, expected=None):
        first = commit['first_sequence']
        check(first == self.next, f'sequence {self.next} is missing')
        self.through_joints(first)
        names = 'first_sequence count first_time last_time committed_at producer producer_position producer_digest sent_to'
        data = fields('completengine/1', 'commit', self.uuid, self.hash, *(commit[name] for name in names.split()))
        data += fields(len(frames))
        for frame in frames:
            data += fields(frame['partition'], first, frame['offset'], frame['count'], frame['first_time'])
            data += fields(frame['last_time'], frame['key'], blake3(frame['body']))
        self.hash = blake3(data)
        check(expected is None or self.hash == expected, f'the commit at {first}')
        self.show(commit, frames)
        self.next = first + commit['count']

    def show(self, commit, frames):
        events = []
        for frame in frames:
            partition, body = frame['partition'], frame['body']
            check(self.offsets.get(partition, frame['offset']) == frame['offset'], f'offsets of partition {partition}')
            lines = body[1:-1].split(b',\n')
            check(len(lines) == frame['count'], f'the frame of partition {partition} at {commit["first_sequence"]}')
            self.offsets[partition] = frame['offset'] + frame['count']
            for line in lines:
                delta, time, payload = line[1:-1].split(b',', 2)
                events.append((commit['first_sequence'] + int(delta), frame['first_time'] + int(time), payload))
        events.sort()
        for at, (sequence, time, payload) in enumerate(events):
            check(sequence == commit['first_sequence'] + at, f'sequence {commit["first_sequence"] + at}')
            check(self.time is None or time >= self.time, f'the time of sequence {sequence}')
            self.time = time
            sys.stdout.buffer.write(payload + b'\n')
        check(len(events) == commit['count'], f'the count at {commit["first_sequence"]}')


def commits_of(block, parts):
    """The commits of a block of a segment, each with its frames."""
    text = json.loads(unpacked(block['commits']))
    commits = text['commits']
    counts = text['counts']

    def column(name, length):
        values = text.get(name, [0] * length)
        check(len(values) == length, f'column {name}')
        return values

    frames = column('frames', commits)
    total = sum(frames) + commits
    bodies = {row['partition']: unpacked(row['bodies']) for row in parts}
    offsets = {row['partition']: row['first_offset'] for row in parts}
    ends = {partition: 0 for partition in bodies}
    keys = {nth: key for nth, key in text.get('keys', [])}
    of_frames = [column(name, total) for name in ('partitions', 'frameCounts', 'frameTimes', 'frameSpans', 'bytes')]
    of_commits = [column(name, commits) for name in ('times', 'spans', 'committed', 'producer', 'sentTo')]
    sequence, time, committed, nth, produced, positions = block['first_sequence'], block['first_time'], block['first_time'], 0, 0, {}
    for at in range(commits):
        wait, span, later, producer, sent_to = (values[at] for values in of_commits)
        committed += later
        first_time, last_time = time + wait, time + wait + span
        commit = {
            'first_sequence': sequence, 'count': counts[at], 'first_time': first_time, 'last_time': last_time,
            'committed_at': committed, 'producer': None, 'producer_position': None, 'producer_digest': None,
            'sent_to': sent_to - 1 if sent_to else None,
        }
        if producer:
            name = text['producers'][producer - 1]
            positions[name] = positions.get(name, 0) + text['positions'][produced]
            digest = text['digests'][produced]
            produced += 1
            commit.update(producer=name, producer_position=positions[name], producer_digest=bytes.fromhex(digest) if digest else None)
        own, left = [], counts[at]
        for more in range(frames[at], -1, -1):
            partition, count, wait, early, length = (values[nth] for values in of_frames)
            count = left if more == 0 else count
            start = ends[partition]
            ends[partition] = start + length
            own.append({
                'partition': partition, 'offset': offsets[partition], 'count': count, 'key': keys.get(nth),
                'first_time': first_time + wait, 'last_time': last_time - early, 'body': bodies[partition][start:start + length],
            })
            offsets[partition] += count
            left -= count
            nth += 1
        yield commit, own
        sequence, time = sequence + counts[at], last_time


def read_segment(db, walk):
    for block in rows(db, 'select * from block order by first_sequence'):
        parts = rows(db, 'select * from part where block = ? order by partition', block['first_sequence'])
        check(block['first_sequence'] == walk.next, f'the block at {walk.next} is missing')
        for commit, frames in commits_of(block, parts):
            walk.take(commit, frames)
        check(walk.hash == block['hash_behind'], f'the block at {block["first_sequence"]}')


def read_own_rows(db, walk):
    tables = rows(db, 'select id, table_name from partition order by id')
    for commit in rows(db, 'select * from commits where first_sequence >= ? order by first_sequence', walk.next):
        frames = []
        for table in tables:
            for frame in rows(db, f'select * from {table["table_name"]} where sequence = ?', commit['first_sequence']):
                body = frame['body'] if frame['plain_bytes'] is None else unpacked(frame['body'])
                check(frame['plain_bytes'] in (None, len(body)), f'the size of a body at {commit["first_sequence"]}')
                frames.append({**frame, 'partition': table['id'], 'body': body})
        walk.take(commit, frames, commit['hash'])


def read_ledger(db, archive):
    ledger = rows(db, 'select * from ledger')[0]
    walk = Walk(ledger['uuid'], joints_of(db, ledger), 1, bytes(32))
    for run in runs_of(db):
        check(run['file'] is not None, f'sequences {run["first_sequence"]} to {run["through"]} were dropped')
        path = os.path.join(archive, run['file'])
        check(os.path.exists(path), f'{run["file"]} is not in {archive}')
        with open(path, 'rb') as file:
            content = file.read()
        check(len(content) == run['bytes'] and blake3(content) == run['checksum'], f'{run["file"]} is not as it was written')
        with opened(path) as segment:
            read_segment(segment, walk)
        check(walk.next == run['through'] + 1 and walk.hash == run['hash_behind'], f'the end of {run["file"]}')
    read_own_rows(db, walk)
    walk.through_joints(walk.next)
    return walk


def read_alone(db):
    segment = rows(db, 'select * from segment')[0]
    joints = joints_of(db, segment)
    for before, _, number, hash_after, row in joints:
        check(number > 0 or hash_after(row['previous']) == row['hash'], f'the epoch before sequence {before}')
    within = [joint for joint in joints if joint[0] > segment['from_sequence']]
    walk = Walk(segment['uuid'], within, segment['from_sequence'], segment['hash_before'])
    read_segment(db, walk)
    check(walk.hash == segment['hash_behind'] and walk.next == segment['through'] + 1, 'the end')
    return walk


def main(path, archive):
    with opened(path) as db:
        mark = db.execute('pragma application_id').fetchone()[0]
        check(mark in (LEDGER, SEGMENT), 'it is neither a ledger nor a segment')
        walk = read_ledger(db, archive) if mark == LEDGER else read_alone(db)
    sys.stdout.flush()
    print(f'{walk.next - 1}:{walk.hash.hex()}', file=sys.stderr)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else f'{sys.argv[1]}.archive')

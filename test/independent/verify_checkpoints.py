"""
Verifies checkpoints against a ledger from docs/CHECKPOINTS.md and docs/FORMAT.md alone: openssl for the signatures, and the reader beside this file for the
chain. Prints the sequence of each checkpoint that holds.

    verify_checkpoints.py LEDGER CHECKPOINTS PUBLIC.pem
"""

import base64
import hashlib
import subprocess
import sys
import tempfile

import read_ledger
from read_ledger import check, fail, opened


class Heads(read_ledger.Walk):
    """Walks the chain, and keeps every head that it has had."""

    def through_joints(self, sequence):
        self.heads = getattr(self, 'heads', set())
        for before, _, _, hash_after, row in self.joints:
            if before == sequence:
                self.hash = hash_after(self.hash)
                check(self.hash == row['hash'], f'the link before sequence {sequence}')
                self.heads.add((sequence - 1, self.hash))

    def take(self, commit, frames, expected=None):
        super().take(commit, frames, expected)
        self.heads.add((self.next - 1, self.hash))

    def show(self, commit, frames):
        """The chain alone counts here."""


read_ledger.Walk = Heads


def notes_in(path):
    """Text and signature lines of each note of a file."""
    text, signatures = '', []
    for line in open(path, encoding='utf-8', newline='\n'):
        if line.startswith('\u2014 '):
            signatures.append(line[2:-1])
        elif line != '\n':
            if signatures:
                yield text, signatures
                text, signatures = '', []
            text += line
    yield text, signatures


def is_signed(text, signatures, public_key):
    der = subprocess.run(['openssl', 'pkey', '-pubin', '-in', public_key, '-outform', 'DER'], stdout=subprocess.PIPE, check=True)
    raw = der.stdout[-32:]
    for name, encoded in (line.split(' ') for line in signatures):
        data = base64.b64decode(encoded, validate=True)
        if data[:4] != hashlib.sha256(name.encode() + b'\n\x01' + raw).digest()[:4]:
            continue
        with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as signature:
            message.write(text.encode())
            signature.write(data[4:])
            message.flush()
            signature.flush()
            command = ['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', public_key, '-rawin', '-in', message.name, '-sigfile', signature.name]
            return subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0
    return False


def main(ledger, checkpoints, public_key):
    with opened(ledger) as db:
        walk = read_ledger.read_ledger(db, f'{ledger}.archive')
    texts = set()
    for text, signatures in notes_in(checkpoints):
        origin, sequence, root, *extensions = text[:-1].split('\n')
        previous = [line[9:] for line in extensions if line.startswith('previous ')]
        check(is_signed(text, signatures, public_key), f'the checkpoint at {sequence} is not signed by this key')
        check(origin == 'completengine/' + walk.uuid, f'the checkpoint at {sequence} is of another ledger')
        check(all(it in texts for it in previous), f'the checkpoint before the one at {sequence} was removed')
        check((int(sequence), base64.b64decode(root)) in walk.heads, f'the ledger does not extend the checkpoint at {sequence}')
        texts.add(base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())
        print(sequence)
    if not texts:
        fail('there is no checkpoint')


if __name__ == '__main__':
    main(*sys.argv[1:])

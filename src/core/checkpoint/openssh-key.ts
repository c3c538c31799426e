/** Ed25519 keys in the formats of OpenSSH: `ssh-keygen -t ed25519` writes both. Pure. */

const KIND = 'ssh-ed25519';
const MAGIC = 'openssh-key-v1\0';
const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----';
const END = '-----END OPENSSH PRIVATE KEY-----';
const SEED_BYTES = 32;

export function isOpensshPrivateKey(text: string): boolean {
  return text.startsWith(BEGIN);
}

export function isOpensshPublicKey(text: string): boolean {
  return /^(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[^\s]+ /.test(text);
}

/** The 32 bytes of the private key, or the fault in one clause. It never quotes the key. */
export function readOpensshPrivateKey(text: string): Buffer | string {
  const end = text.indexOf(END);
  if (end < 0) return 'it is not whole';
  const reader = new Fields(Buffer.from(text.slice(BEGIN.length, end), 'base64'));
  if (reader.bytes(MAGIC.length)?.toString('latin1') !== MAGIC) return 'it is not in the format of OpenSSH';
  const cipher = reader.text();
  reader.text();
  reader.field();
  if (cipher !== null && cipher !== 'none')
    return 'it is encrypted, and no passphrase is asked for: take a key without one';
  if (reader.number() !== 1) return 'it does not hold exactly one key';
  const kind = new Fields(reader.field() ?? Buffer.alloc(0)).text();
  if (kind !== KIND) return `it is not an Ed25519 key`;
  const secret = new Fields(reader.field() ?? Buffer.alloc(0));
  const [check, again] = [secret.number(), secret.number()];
  if (check === null || check !== again || secret.text() !== KIND) return 'it is damaged';
  const publicKey = secret.field();
  const pair = secret.field();
  const isPair = pair?.length === 2 * SEED_BYTES && publicKey?.equals(pair.subarray(SEED_BYTES)) === true;
  return isPair ? pair.subarray(0, SEED_BYTES) : 'it is damaged';
}

/** The 32 bytes of the key in a line `ssh-ed25519 AAAA.. comment`, or the fault. */
export function readOpensshPublicKey(line: string): Buffer | string {
  const [kind, encoded = ''] = line.split(/\s+/);
  if (kind !== KIND) return 'it is not an Ed25519 key';
  const reader = new Fields(Buffer.from(encoded, 'base64'));
  const named = reader.text();
  const key = reader.field();
  return named === KIND && key?.length === SEED_BYTES && reader.isAtEnd ? key : 'it is damaged';
}

/** Fields with their lengths before them, as SSH writes them; null where the bytes end. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  bytes(count: number): Buffer | null {
    if (count > this.#bytes.length - this.#at) return null;
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  number(): number | null {
    return this.bytes(4)?.readUInt32BE() ?? null;
  }

  field(): Buffer | null {
    const length = this.number();
    return length === null ? null : this.bytes(length);
  }

  text(): string | null {
    return this.field()?.toString('latin1') ?? null;
  }
}

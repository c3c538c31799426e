import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newGroup } from '../../../../src/core/ledger/protocol/cursor-move.ts';
import type { GroupState } from '../../../../src/core/ledger/protocol/group-state.ts';
import { decideHeartbeat, decideLeave } from '../../../../src/core/ledger/protocol/membership.ts';
import type { Heartbeat } from '../../../../src/core/model/group.ts';

const PARTITIONS = [0, 1, 2, 3, 4];
const TTL = 100;
const EMPTY = newGroup(0, []);

const decide = (state: GroupState, heartbeat: Heartbeat, endOf: (partition: number) => number = () => 1) =>
  decideHeartbeat(state, heartbeat, {
    partitions: PARTITIONS,
    endOf,
    hasDue: (partition) => partition === 3,
    timeOf: (now) => now,
  });

const attemptsOf = ({ cursors }: GroupState) => cursors.map(({ attempts }) => attempts);

/** Members and leases with their tokens, in one order. */
const rolesOf = ({ members, leases }: GroupState) =>
  [
    ...members.map(({ name, token }) => `${name} ${token}`),
    ...leases.map(({ partition, member, token }) => `${partition} ${member} ${token}`),
  ]
    .sort()
    .join();

const heldBy = ({ leases }: GroupState, name: string) => leases.filter(({ member }) => member === name);

const beat = (
  member: string,
  token: number | null,
  now: number,
  idle: readonly number[] = [],
  partitions = null,
): Heartbeat => ({
  group: 'g',
  member,
  token,
  partitions,
  ttl: TTL,
  now,
  idle,
});

const steps = fc.array(
  fc.record({
    member: fc.constantFrom('a', 'b', 'c'),
    isNew: fc.boolean(),
    /** A clock may be set back. */
    step: fc.integer({ min: -50, max: 150 }),
    idle: fc.subarray([0, 1, 2, 3, 4]),
  }),
  { maxLength: 30 },
);

it('gives each partition to one live member, with tokens that grow, and returns the partitions that the member holds', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      let state = EMPTY;
      let now = 1000;
      let lastToken = 0;
      for (const { member, isNew, step, idle } of sequence) {
        now += step;
        const known = state.members.find(({ name }) => name === member);
        const token = isNew ? null : (known?.token ?? null);
        const before = state;
        const decided = decide(state, beat(member, token, now, idle));
        state = decided.state;
        for (const lease of state.leases)
          if (!before.leases.includes(lease)) expect(lease.token).toBeGreaterThan(lastToken);
        lastToken = Math.max(lastToken, ...state.leases.map((lease) => lease.token));
        expect(state.leases.map(({ partition }) => partition)).toEqual(
          [...new Set(state.leases.map(({ partition }) => partition))].sort(),
        );
        const names = state.members.map(({ name }) => name);
        for (const lease of state.leases) expect(names).toContain(lease.member);
        for (const { expiresAt, ttl } of state.members) {
          expect(expiresAt).toBeGreaterThan(now);
          expect(expiresAt).toBeLessThanOrEqual(now + ttl);
        }
        const held = heldBy(state, member).map(({ partition }) => partition);
        expect(decided.membership.leases.map(({ partition }) => partition)).toEqual(held);
        expect(decided.membership.due).toEqual(held.filter((partition) => partition === 3));
        expect(state.cursors.map(({ partition }) => partition)).toEqual(PARTITIONS);
        if (rolesOf(state) === rolesOf(before)) expect(state.generation).toBe(before.generation);
        else expect(state.generation).toBeGreaterThan(before.generation);
      }
    }),
  );
});

it('moves the same leases by a look, which changes nothing where none is moved', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      let [state, now] = [EMPTY, 1000];
      for (const { member, isNew, step, idle } of sequence) {
        now += step;
        const token = isNew ? null : (state.members.find(({ name }) => name === member)?.token ?? null);
        const decided = decide(state, beat(member, token, now, idle));
        const looked = decide(state, { ...beat(member, token, now, idle), isLook: true });
        if (looked.state === state) {
          expect(decided.state.generation).toBe(state.generation);
          expect(looked.membership.expiresAt).toBeGreaterThan(now);
          expect(looked.membership.expiresAt).toBeLessThanOrEqual(now + TTL);
          expect({ ...looked.membership, expiresAt: now + TTL }).toEqual(decided.membership);
        } else expect(looked).toEqual(decided);
        state = decided.state;
      }
    }),
  );
});

it('ends with even shares and no surplus when members keep beating with nothing in flight', () => {
  fc.assert(
    fc.property(steps, fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), (sequence, names) => {
      let [state, now] = [EMPTY, 1000];
      for (const { member, step, idle } of sequence) {
        now += Math.max(0, step);
        state = decide(state, beat(member, null, now, idle)).state;
      }
      now += 2 * TTL;
      for (let round = 0; round < 3; round++) {
        for (const name of names) {
          const token = state.members.find((member) => member.name === name)?.token ?? null;
          state = decide(state, beat(name, token, now, PARTITIONS)).state;
        }
      }
      const counts = names.map((name) => heldBy(state, name).length);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(PARTITIONS.length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});

it('suspects the next event of a lease that expires while events are pending, once', () => {
  const { state } = decide(EMPTY, beat('a', null, 0));
  expect(attemptsOf(decide(state, beat('b', null, TTL), () => 0).state)).toEqual([0, 0, 0, 0, 0]);
  const pending = decide(state, beat('b', null, TTL), (partition) => (partition < 2 ? 1 : 0));
  expect(attemptsOf(pending.state)).toEqual([1, 1, 0, 0, 0]);
  expect(pending.membership.leases.map(({ attempts }) => attempts)).toEqual([1, 1, 0, 0, 0]);
  expect(attemptsOf(decide(pending.state, beat('c', null, 3 * TTL)).state)).toEqual([1, 1, 1, 1, 1]);
});

it('suspects the next event of a member that is replaced under its own name: a supervisor has restarted it', () => {
  const { state } = decide(EMPTY, beat('a', null, 0));
  const again = decide(state, beat('a', null, 1), (partition) => (partition < 2 ? 1 : 0));
  expect(attemptsOf(again.state)).toEqual([1, 1, 0, 0, 0]);
  // once: what is delivered from now on is counted before
  expect(attemptsOf(decide(again.state, beat('a', null, 2)).state)).toEqual([1, 1, 1, 1, 1]);
  // one that has left has released its leases
  const left = decideLeave(state, 'a', state.members[0]?.token ?? 0) ?? state;
  expect(attemptsOf(decide(left, beat('a', null, 1)).state)).toEqual([0, 0, 0, 0, 0]);
});

it('keeps what does not change as the same object, so that a storage writes only what changes', () => {
  const one = decide(EMPTY, beat('a', null, 0));
  const { state } = decide(one.state, beat('a', one.membership.token, 1));
  for (const rows of ['leases', 'cursors'] as const)
    for (const [at, row] of one.state[rows].entries()) expect(state[rows][at]).toBe(row);
});

it('lets a member leave with its own token alone, and releases its leases', () => {
  const joined = decide(EMPTY, beat('a', null, 0)).state;
  const { state, membership } = decide(joined, beat('b', null, 1));
  expect(decideLeave(state, 'b', membership.token + 1)).toBeNull();
  expect(decideLeave(state, 'c', membership.token)).toBeNull();
  const token = state.members.find(({ name }) => name === 'a')?.token ?? 0;
  const after = decideLeave(state, 'a', token);
  expect(after).toMatchObject({ generation: state.generation + 1, leases: [], cursors: state.cursors });
  expect(after?.members).toEqual(state.members.filter(({ name }) => name === 'b'));
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  cursorAtStart,
  decideHeartbeat,
  type GroupState,
  type MembershipChange,
} from '../../../../src/core/ledger/protocol/membership.ts';

const PARTITIONS = 5;
const TTL = 100;

const EMPTY: GroupState = {
  generation: 0,
  members: [],
  leases: [],
  cursors: Array.from({ length: PARTITIONS }, (_, partition) => cursorAtStart(partition)),
};

/** Applies a change as a storage does. */
function apply(state: GroupState, change: MembershipChange): GroupState {
  const members = new Map(state.members.map((member) => [member.name, member]));
  for (const member of change.stored) members.set(member.name, member);
  for (const name of change.dead) members.delete(name);
  const leases = new Map(state.leases.map((lease) => [lease.partition, lease]));
  for (const partition of change.released) expect(leases.delete(partition), 'released what is not held').toBe(true);
  for (const lease of change.claimed) {
    expect(leases.has(lease.partition), 'claimed what is held').toBe(false);
    leases.set(lease.partition, lease);
  }
  const cursors = state.cursors.map((cursor) =>
    change.suspects.includes(cursor.partition) ? { ...cursor, attempts: 1 } : cursor,
  );
  return { generation: change.generation, members: [...members.values()], leases: [...leases.values()], cursors };
}

/** Members and leases with their tokens, in one order. */
const rolesOf = ({ members, leases }: GroupState) =>
  [
    ...members.map(({ name, token }) => `${name} ${token}`),
    ...leases.map(({ partition, member, token }) => `${partition} ${member} ${token}`),
  ]
    .sort()
    .join();

const heldBy = ({ leases }: GroupState, name: string) => leases.filter(({ member }) => member === name);

const beat = (member: string, token: number | null, now: number, idle: readonly number[] = [], partitions = null) => ({
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
        const change = decideHeartbeat(state, beat(member, token, now, idle), () => 1);
        const before = state;
        state = apply(state, change);
        for (const { token: claimed } of change.claimed) expect(claimed).toBeGreaterThan(lastToken);
        lastToken = Math.max(lastToken, ...change.claimed.map((lease) => lease.token));
        const names = state.members.map(({ name }) => name);
        for (const lease of state.leases) expect(names).toContain(lease.member);
        for (const { expiresAt, ttl } of state.members) {
          expect(expiresAt).toBeGreaterThan(now);
          expect(expiresAt).toBeLessThanOrEqual(now + ttl);
        }
        expect(change.membership.leases.map(({ partition }) => partition)).toEqual(
          heldBy(state, member)
            .map(({ partition }) => partition)
            .sort((one, other) => one - other),
        );
        if (rolesOf(state) === rolesOf(before)) expect(state.generation).toBe(before.generation);
        else expect(state.generation).toBeGreaterThan(before.generation);
      }
    }),
  );
});

it('ends with even shares and no surplus when members keep beating with nothing in flight', () => {
  fc.assert(
    fc.property(steps, fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), (sequence, names) => {
      let [state, now] = [EMPTY, 1000];
      const everything = [0, 1, 2, 3, 4];
      for (const { member, step, idle } of sequence) {
        now += Math.max(0, step);
        state = apply(
          state,
          decideHeartbeat(state, beat(member, null, now, idle), () => 1),
        );
      }
      now += 2 * TTL;
      for (let round = 0; round < 3; round++) {
        for (const name of names) {
          const token = state.members.find((member) => member.name === name)?.token ?? null;
          state = apply(
            state,
            decideHeartbeat(state, beat(name, token, now, everything), () => 1),
          );
        }
      }
      const counts = names.map((name) => heldBy(state, name).length);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(PARTITIONS);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});

it('suspects the next event of a lease that expires while events are pending, once', () => {
  const joined = decideHeartbeat(EMPTY, beat('a', null, 0), () => 0);
  const state = apply(EMPTY, joined);
  const idle = decideHeartbeat(state, beat('b', null, TTL), () => 0);
  expect(idle.suspects).toEqual([]);
  const pending = decideHeartbeat(state, beat('b', null, TTL), (partition) => (partition < 2 ? 1 : 0));
  expect(pending.suspects).toEqual([0, 1]);
  expect(pending.membership.leases.map(({ attempts }) => attempts)).toEqual([1, 1, 0, 0, 0]);
  const again = decideHeartbeat(apply(state, pending), beat('c', null, 3 * TTL), () => 1);
  expect(again.suspects).toEqual([2, 3, 4]);
  // a member that joins again under its own name has not died
  expect(decideHeartbeat(state, beat('a', null, 1), () => 1).suspects).toEqual([]);
});

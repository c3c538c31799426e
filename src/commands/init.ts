/** `completengine init`: creates a ledger. */

import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/app/base-command.ts';
import { busyTimeoutOf } from '../cli/app/durations.ts';
import { countFlag, sizeFlag } from '../cli/app/flag-kinds.ts';
import { withLedger } from '../cli/app/session.ts';
import { creationNotes, withReplicas } from '../cli/init/servers.ts';
import { overviewOf } from '../cli/inspect/overview.ts';
import { readPartitions } from '../cli/partition/partitions-flag.ts';
import { routingText } from '../cli/partition/routing-text.ts';
import { refuseTakenFiles } from '../cli/state/taken-files.ts';
import { escapeForTerminal } from '../cli/terminal/escape.ts';
import { printOnOutputFailure } from '../cli/terminal/guard-output.ts';
import { Completengine, parseRoutingSpec, withMissing } from '../index.ts';

export default class Init extends BaseCommand {
  static override summary = 'Create a new ledger.';
  static override description =
    'The time field and the unique id field are fixed at creation. The routing rule can change later: see partition add, place and reroute.';
  static override enableJsonFlag = true;
  static override usage =
    '<%= command.id %> [-l LEDGER] [--routing SPEC] [--partitions N|NAMES] [--time PATH] [--unique PATH]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --routing hash:tenant --partitions 16',
    '<%= config.bin %> <%= command.id %> --time created_at --unique id',
    '<%= config.bin %> <%= command.id %> --routing range:amount=100,1000 --partitions low,mid,high --missing none',
    '<%= config.bin %> <%= command.id %> --routing composite:tenant+topic',
    '<%= config.bin %> <%= command.id %> --routing sticky:session,idle=30m',
    '<%= config.bin %> <%= command.id %> -l nats://n1,n2,n3/events --replicas 3',
    '<%= config.bin %> <%= command.id %> --routing manual:shoal --partitions herring,cod,squid',
  ];
  static override flags = {
    routing: Flags.string({
      description:
        'routing rule: hash (whole payload), hash:FIELD, range:FIELD=BOUND,.. (numbers, words or times), composite:FIELD+FIELD, sticky:FIELD (a session stays in its partition), or manual:FIELD (the field names the partition)',
      default: 'hash',
      helpValue: 'SPEC',
    }),
    partitions: Flags.string({
      description:
        'number of partitions, or their names separated by commas; default: 8, or for a range as many as its bounds define',
      helpValue: 'N|NAME,..',
    }),
    missing: Flags.string({
      description: 'partition for events without a key; default: reject them as bad lines',
      helpValue: 'NAME',
    }),
    time: Flags.string({
      description: "dotted path of the event's own time; default: arrival time",
      helpValue: 'PATH',
    }),
    tz: Flags.string({
      description: 'zone of event times without an offset, such as Europe/Berlin; default: reject them. Needs --time',
      helpValue: 'ZONE',
      dependsOn: ['time'],
    }),
    unique: Flags.string({
      description: 'dotted path of an id that is stored at most once (deduplication); of several fields source+id',
      helpValue: 'PATH[+PATH]',
    }),
    durability: Flags.option({
      description: 'full: synced to disk before it is acknowledged; normal: a power failure may lose the last commits',
      options: ['full', 'normal'] as const,
      default: 'full' as const,
    })(),
    determinism: Flags.option({
      description: 'default mode of replay; strict: verify the hash chain while reading',
      options: ['strict', 'relaxed'] as const,
      default: 'strict' as const,
    })(),
    compression: Flags.string({
      description:
        'how events are stored: none, zstd, or zstd:LEVEL (1 to 19, default 1); zstd needs Node 22.15 or the package zstd-napi',
      default: 'none',
      helpValue: 'CODEC',
    }),
    'max-line': sizeFlag({
      description: 'maximum payload size; default 1MiB, on NATS what a message takes',
    }),
    layout: Flags.option({
      description:
        'on NATS: packed (default), or framed, whose readers of some partitions get the bytes of these alone; framed needs nats-server 2.12',
      options: ['packed', 'framed'] as const,
    })(),
    replicas: countFlag({
      description: 'on NATS: copies of the ledger, 1 to 5; default 3 in a cluster, 1 on a single server',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Init);
    // `init -l F > F`: the shell has created F empty, and our output would be written into the new ledger
    refuseTakenFiles({ ledgers: [flags.ledger] });
    await Completengine.create(withReplicas(flags.ledger, flags.replicas), {
      routing: withMissing(parseRoutingSpec(flags.routing), flags.missing),
      partitions: readPartitions(flags.partitions),
      time: flags.time,
      zone: flags.tz,
      unique: flags.unique,
      durability: flags.durability,
      determinism: flags.determinism,
      lineBytesMax: flags['max-line'],
      compression: flags.compression,
      layout: flags.layout,
      busyTimeoutMs: busyTimeoutOf(flags),
    });
    return withLedger(flags, 'read', async (engine) => {
      const created = await overviewOf(engine, { late: true });
      const name = escapeForTerminal(created.path);
      printOnOutputFailure(`the ledger was created: ${name}`);
      this.log(`${name}: ${routingText(created.routing)}, head ${created.head}`);
      for (const note of creationNotes(created)) this.logToStderr(`note: ${note}`);
      return created;
    });
  }
}

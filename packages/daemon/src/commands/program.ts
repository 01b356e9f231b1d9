import { Command, InvalidArgumentError, Option } from 'commander';
import { defineFlags, flagHelp } from '../config/index.js';
import type { CheckOptions } from './check.js';
import type { CleanupOptions } from './cleanup.js';
import { exitCodes } from './output.js';
import type { ExitCode, Output } from './output.js';
import { usualAddress } from './debug-client.js';
import type { RenderOptions } from './render.js';
import type { StatusOptions } from './status.js';
import type { TraceOptions } from './trace.js';
import { packageVersion, versionText } from './version.js';

/**
 * The command line. Without a command it is `run`, so that kube-proxy's own arguments start the daemon.
 *
 * @param finish told the exit code.
 */
export function createProgram(output: Output, stopped: Promise<string>, finish: (code: ExitCode) => void): Command {
  const program = new Command('nftproxier')
    .description('An nftables service proxy for Kubernetes, in place of kube-proxy.')
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .version(packageVersion())
    // Before the commands are made: they take it over.
    .exitOverride((error) => {
      finish(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage);
      throw error;
    })
    .enablePositionalOptions();

  defineFlags(program.command('run', { isDefault: true }))
    .description('serve this node (the default command); takes the flags of kube-proxy')
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./run.js');
      finish(await run(command.args, output, stopped));
    });

  withFlags(
    program.command('render'),
    'nftproxier render --manifests examples/shop --hostname-override node-a',
    'nftproxier render --manifests examples/shop --hostname-override node-a --service shop/cart',
    'nftproxier render --manifests new --diff old --hostname-override node-a',
  )
    .description('print the ruleset that manifests make on a node; needs no root, cluster or kernel')
    .addOption(
      new Option('-o, --output <format>', 'text is a script for nft -f').choices(['text', 'json']).default('text'),
    )
    .option('--service <namespace/name>', 'only what one Service adds')
    .option('--diff <directory>', 'what is different from what the manifests in another directory make')
    .option('--diff-node <address>', `what is different from what a running daemon serves (${usualAddress})`)
    .action(async (options: RenderOptions, command: Command) => {
      const { render } = await import('./render.js');
      finish(await render(command.args, options, output));
    });

  withFlags(
    program.command('trace'),
    'nftproxier trace --manifests examples/shop --hostname-override node-a --from 10.244.1.13 --to 10.96.0.10:53/udp',
    'nftproxier trace --manifests manifests --from shop/frontend-1 --to 10.96.0.80:80/tcp',
    'nftproxier trace --manifests manifests --from node --to 203.0.113.10:80/tcp --output json',
  )
    .description('show where a packet goes on a node that manifests describe, step by step, and why')
    .requiredOption('--from <source>', 'source address, a pod as [NAMESPACE/]NAME, or "node" for the node itself')
    .requiredOption('--to <destination>', 'ADDRESS:PORT/PROTOCOL, such as 10.96.0.10:53/udp or [fd00::1]:80/tcp')
    .option('--interface <name>', 'interface the packet arrives on')
    .option('--address <address>', `trace what a running daemon serves (${usualAddress}), not manifests`)
    .option('--all', 'show rules that did not match, too')
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(['text', 'json']).default('text'))
    .action(async (options: TraceOptions, command: Command) => {
      const { trace } = await import('./trace.js');
      finish(await trace(command.args, options, output));
    });

  withFlags(
    program.command('check'),
    'nftproxier check --address 127.0.0.1:10246',
    'nftproxier check --manifests examples/shop --hostname-override node-a --output json',
  )
    .description('compare what the kernel holds with what it should: every element, set and chain')
    .option('--address <address>', `what a running daemon serves (${usualAddress}) is desired, not what manifests make`)
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(['text', 'json']).default('text'))
    .action(async (options: CheckOptions, command: Command) => {
      const { check } = await import('./check.js');
      finish(await check(command.args, options, output));
    });

  program
    .command('status')
    .description('show what the running nftproxier of this node serves, and what is wrong')
    .option('--address <address>', 'its nftproxier.debugBindAddress', usualAddress)
    .option('--services [search]', 'list Services: all, or by name, address or :port')
    .option('--service <namespace/name>', 'one Service with its endpoints')
    .addOption(
      new Option('--top [count]', 'who gets the most new connections: Services, and endpoints if they are counted')
        .argParser(countOption)
        .conflicts(['services', 'service']),
    )
    .option('--watch', 'look again every 2 seconds, until interrupted')
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      examples(
        'nftproxier status',
        'nftproxier status --services 10.96.0.10',
        'nftproxier status --top 10 --watch',
        'nftproxier status --watch --output json',
      ),
    )
    .action(async (options: StatusOptions) => {
      const { status } = await import('./status.js');
      finish(await status(options, output, stopped));
    });

  program
    .command('version')
    .description('show the version of nftproxier and of what it runs on')
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(['text', 'json']).default('text'))
    .addHelpText('after', examples('nftproxier version', 'nftproxier version --output json'))
    .action(({ output: format }: { readonly output: 'text' | 'json' }) => {
      output.out(versionText(format));
      finish(exitCodes.ok);
    });

  program
    .command('cleanup')
    .description('remove every rule of nftproxier from this node; to be run when no nftproxier runs on it')
    .option('--kube-proxy', 'remove what kube-proxy left, too: nftables, and iptables and ipvs if their tools are here')
    .addHelpText('after', examples('nftproxier cleanup', 'nftproxier cleanup --kube-proxy'))
    .action(async (options: CleanupOptions) => {
      const { cleanup } = await import('./cleanup.js');
      finish(await cleanup(options, output));
    });

  return program;
}

/** A command that takes the daemon's flags beside options of its own. */
function withFlags(command: Command, ...lines: readonly string[]): Command {
  return command
    .allowUnknownOption()
    .allowExcessArguments()
    .usage('[options] [flags]')
    .addHelpText('after', examples(...lines))
    .addHelpText('after', () => `Flags of nftproxier run, which describe the node:\n\n${flagHelp()}`);
}

function countOption(text: string): number {
  if (/^\d{1,4}$/u.test(text) && Number(text) >= 1 && Number(text) <= 1_000) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
}

const exitCodeHelp = `
Exit codes:
  0  done
  1  could not be done
  2  the command line, the configuration or a manifest is wrong
  3  what was compared is different (check, --diff, --diff-node), or something is wrong (status)
`;

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}${exitCodeHelp}`;
}

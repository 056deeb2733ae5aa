import { Command, Option } from 'commander';
import wrapAnsi from 'wrap-ansi';
import packageJson from '../../package.json' with { type: 'json' };
import { HYPERPARAMETERS } from '../../core/training/hyperparameters.ts';
import { OBJECTIVE_METRICS } from '../../core/training/objective.ts';
import { EXIT_CODE, type ExitCode } from './exit-code.ts';
import { libraryFile } from './options/storage-file.ts';
import type { StudyOptions } from './options/study-options.ts';
import {
  DEFAULT_MODEL,
  DIRECTIONS,
  modelNames,
  PRUNERS,
  SAMPLERS,
  TUNE_DEFAULTS,
  type TuneOptions,
} from './options/tune-options.ts';

/** Width of what is folded here; commander folds the rest by the terminal. */
const HELP_WIDTH = 78;

const EXIT_CODES_HELP = `
Exit codes:
  ${EXIT_CODE.finished}    finished, or the time is up
  ${EXIT_CODE.failed}    the study was paused by a fault; the same command carries on
  ${EXIT_CODE.wrongInput}    an option, a file or the folder is not usable; nothing was started
  ${EXIT_CODE.interrupted}  interrupted (Ctrl-C, SIGTERM); the same command carries on`;

const TUNE_HELP = `
The folder holds one folder of images for each class (cat/1.png), the same below
train, val and test, or a table (*.csv) with an image and a label column. It is
only read.

The same command again carries a study on, also after it was interrupted or
killed. Progress goes to standard error, the statistics to standard output.

Metrics of an objective:
${listed(OBJECTIVE_METRICS)}
  with numbers, + - * /, parentheses, min and max

Hyperparameters of a space:
${listed(HYPERPARAMETERS.map(({ name }) => name))}
  such as [{"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
           {"name": "batch_size", "type": "categorical", "choices": [16, 32, 64]}]
${EXIT_CODES_HELP}`;

function listed(words: readonly string[]): string {
  return wrapAnsi(words.join(', '), HELP_WIDTH).replace(/^/gm, '  ');
}

/**
 * The command line: what may be typed, and what is called for it.
 *
 * Commands are imported when they are called, so that help and wrong options need nothing native.
 *
 * @param setExitCode called with the outcome of the command that ran.
 */
export function createProgram(setExitCode: (code: ExitCode) => void): Command {
  const program = new Command('hone')
    .description(packageJson.description)
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .addHelpText('after', `${EXIT_CODES_HELP}\n\nStudies without --storage are kept in\n  ${libraryFile()}`)
    .exitOverride()
    // The caller prints errors, all in the same form.
    .configureOutput({ outputError() {} });
  addTune(program, setExitCode);
  addSamples(program, setExitCode);
  addReaders(program, setExitCode);
  addHelp(program);
  return program;
}

function addTune(program: Command, setExitCode: (code: ExitCode) => void): void {
  program
    .command('tune')
    .description('tune a classifier on a folder of images')
    .argument('<folder>', 'folder of images')
    .option('--study <name>', "name of the study (default: the folder's name)")
    .option('--storage <file>', 'database file, in the layout of Optuna (default: the library of the user)')
    .addOption(
      optionWithDefault(
        '--trials <n>',
        'finished trials that the study is to have in all',
        TUNE_DEFAULTS.trials,
      ),
    )
    .addOption(
      optionWithDefault('--epochs <n>', 'epochs of a trial that is not pruned', TUNE_DEFAULTS.epochs),
    )
    .option('--timeout <seconds>', 'stop after this time (default: no limit)')
    .option('--jobs <n>', 'trials at the same time (default: what the cores carry)')
    .option('--seed <n>', 'of sampler, split and training (default: drawn once a study)')
    .addOption(optionWithDefault('--sampler <name>', `one of ${SAMPLERS.join(', ')}`, TUNE_DEFAULTS.sampler))
    .addOption(optionWithDefault('--pruner <name>', `one of ${PRUNERS.join(', ')}`, TUNE_DEFAULTS.pruner))
    .addOption(
      optionWithDefault(
        '--objective <expr>',
        'expression over the validation metrics',
        TUNE_DEFAULTS.objective,
      ),
    )
    .addOption(
      optionWithDefault('--direction <name>', `one of ${DIRECTIONS.join(', ')}`, TUNE_DEFAULTS.direction),
    )
    .option('--model <name>', `one of ${modelNames().join(', ')} (default: ${DEFAULT_MODEL})`)
    .option('--image-size <HxW>', 'pixels that training sees (default: chosen from the images)')
    .option('--space <file>', 'JSON file of what may vary (default: batch_size, optimizer and lr)')
    .addOption(optionWithDefault('--split <shares>', 'percent of train/validation/test', TUNE_DEFAULTS.split))
    .option('--json', 'print the statistics as JSON')
    .option('--quiet', 'print the end only')
    .addHelpText('after', TUNE_HELP)
    .action(async (folder: string, options: TuneOptions) => {
      const { tune } = await import('./commands/tune.ts');
      setExitCode(await tune(folder, options));
    });
}

function addSamples(program: Command, setExitCode: (code: ExitCode) => void): void {
  program
    .command('demo')
    .description('draw the sample data into ./demo and tune it with 12 trials of 6 epochs')
    .option('--json', 'print the statistics as JSON')
    .option('--quiet', 'print the end only')
    .action(async (options: { json?: boolean; quiet?: boolean }) => {
      const { demo } = await import('./commands/demo.ts');
      setExitCode(await demo(options));
    });
  program
    .command('sample')
    .description('draw the sample data: 1200 sprites in 8 classes')
    .argument('<dir>', 'folder to draw into; made where it does not exist')
    .addOption(optionWithDefault('--seed <n>', 'another seed draws other pictures', '0'))
    .addOption(optionWithDefault('--images <n>', 'pictures in all', '1200'))
    .action(async (folder: string, options: { seed: string; images: string }) => {
      const { sample } = await import('./commands/sample.ts');
      setExitCode(await sample(folder, options));
    });
}

function addReaders(program: Command, setExitCode: (code: ExitCode) => void): void {
  const storage = 'database file of Hone or Optuna (default: the library of the user)';
  const study = 'name of the study (default: the only one of the file)';
  program
    .command('studies')
    .description('list the studies of a file')
    .option('--storage <file>', storage)
    .option('--study <name>', 'list this study only')
    .option('--json', 'print JSON')
    .action(async (options: StudyOptions) => {
      const { studies } = await import('./commands/studies.ts');
      setExitCode(await studies(options));
    });
  program
    .command('trials')
    .description('list the trials of a study')
    .option('--storage <file>', storage)
    .option('--study <name>', study)
    .option('--json', 'print JSON')
    .action(async (options: StudyOptions) => {
      const { trials } = await import('./commands/trials.ts');
      setExitCode(await trials(options));
    });
  program
    .command('best')
    .description('print the best trial of a study')
    .option('--storage <file>', storage)
    .option('--study <name>', study)
    .option('--json', 'print JSON')
    .action(async (options: StudyOptions) => {
      const { best } = await import('./commands/best.ts');
      setExitCode(await best(options));
    });
}

/** As commander's own, which prints the general help where it does not know the command. */
function addHelp(program: Command): void {
  program
    .command('help')
    .description('print help for a command')
    .argument('[command]')
    .action(async (name?: string) => {
      const asked = name === undefined ? program : program.commands.find((known) => known.name() === name);
      if (asked !== undefined) asked.help();
      // Refused as every unknown command is.
      await program.parseAsync([name ?? ''], { from: 'user' });
    });
}

/** An option whose default stands in its help as it is typed. */
function optionWithDefault(flags: string, description: string, value: string): Option {
  return new Option(flags, description).default(value, value);
}

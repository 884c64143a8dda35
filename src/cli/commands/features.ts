import { defaultFeatureBudget } from '../../core/run/features';
import { megabytes } from '../../core/run/featureMemory';
import { featureFolder, KeptFeatures } from '../../node/features/keptFeatures';
import type { CliCommand } from './command';

export const featuresCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('features').option('--clear', 'remove them').description('what outputs of frozen layers are kept for later runs, and where').action(async ({ clear = false }: { readonly clear?: boolean }) => {
      const folder = featureFolder();
      const kept = new KeptFeatures(folder, defaultFeatureBudget);
      const content = clear ? await kept.clear() : await kept.content();
      terminal().result({ folder, ...content, cleared: clear }, () => `${clear ? 'Removed: ' : ''}${content.entries} sets, ${megabytes(content.bytes)} in ${folder}`);
    });
  },
};

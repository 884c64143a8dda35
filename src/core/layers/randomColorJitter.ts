import { z } from 'zod';
import { augmentation, rangeWithin, valueRange } from './augmentation';
import { changeBrightness } from './randomBrightness';
import { changeContrast } from './randomContrast';
import { turnHue } from './randomHue';
import { saturate } from './randomSaturation';

const factor = (low: number) => rangeWithin(low, 1).nullish();

const schema = z.object({
  brightness_factor: factor(-1),
  contrast_factor: factor(0),
  saturation_factor: factor(0),
  hue_factor: factor(0),
  value_range: valueRange,
  // The layers inside do not hear of another format.
  data_format: z.literal('channels_last', 'channels_last').nullish().transform(() => 'channels_last' as const),
});

/** Changes brightness, contrast, saturation and hue of each image, one after the other: those that have a factor. */
export const randomColorJitterLayer = augmentation({
  className: 'RandomColorJitter',
  schema,
  augment: (images, config, draw) => {
    const steps = [[changeBrightness, config.brightness_factor], [changeContrast, config.contrast_factor], [saturate, config.saturation_factor], [turnHue, config.hue_factor]] as const;
    return steps.reduce((changed, [change, range]) => (range ? change(changed, { factor: range, value_range: config.value_range }, draw) : changed), images);
  },
});

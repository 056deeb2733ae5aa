/** Colours of a pixel: red, green, blue. */
export const COLOURS = 3;

/**
 * Mean and deviation of ImageNet's red, green and blue, as torchvision normalises for its models.
 *
 * Every model gets them: a network trained from scratch learns faster from inputs around 0 than from 0…1, and
 * weights that were trained elsewhere expect exactly these.
 */
const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

/** (value / 255 - mean) / deviation as value * scale + offset, by colour. */
export const NORMALIZATION = {
  scale: DEVIATION.map((deviation) => 1 / (255 * deviation)),
  offset: MEAN.map((mean, colour) => -mean / (DEVIATION[colour] ?? 1)),
} as const;

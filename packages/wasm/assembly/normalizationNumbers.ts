// The kernels of batch normalisation, for both sides. They count from NORMALIZATION of "./abi".

/** Mean and squares of the blocks of each channel, and mean and variance of the channels from these. */
export const MOMENTS = 303;
export const CHANNEL_MOMENTS = 304;
/** The cells, by mean and variance. */
export const NORMALIZE = 305;
/** Sums for the gradients in the same way, and the gradient of the image from these. */
export const GRADIENT_SUMS = 306;
export const CHANNEL_GRADIENTS = 307;
export const IMAGE_GRADIENT = 308;

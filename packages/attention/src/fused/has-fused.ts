/** Whether the active backend has shaders for fused attention; elsewhere the kernel of that name is composed. */
import * as tf from '@tensorflow/tfjs';

export const hasFusedShader = (): boolean => tf.getBackend() === 'webgpu';

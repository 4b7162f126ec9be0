/** What a backend is: three methods and an id. The four that come with nanscope are in folders beside this file. */

export type BackendId = 'cpu' | 'wasm' | 'tensorflow' | 'webgpu' | (string & {});

/** The graphics interface below WebGPU; `none` for a backend that uses no adapter. */
export type GraphicsApi = 'metal' | 'vulkan' | 'd3d12' | 'd3d11' | 'opengl' | 'unknown';

/** What is known of a GPU adapter. Decisions are made from these facts alone, so tests can feed recorded ones. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  /** Free text from the driver: device and driver version. */
  readonly description: string;
  readonly api: GraphicsApi;
  /** True for llvmpipe, SwiftShader, WARP: a CPU that plays a GPU. Labelled as such wherever it is shown. */
  readonly software: boolean;
  /** WebGPU feature names, sorted. */
  readonly features: readonly string[];
}

/** What a session can do, asked by name instead of by backend id. */
export interface Capabilities {
  /** Runs on an adapter (asynchronous reads only). */
  readonly gpu: boolean;
  readonly shaderF16: boolean;
  readonly subgroups: boolean;
  /** False where the shading language may assume that NaN and infinities do not occur (WGSL). */
  readonly strictNumerics: boolean;
}

export interface BackendFacts {
  readonly id: BackendId;
  /** Package and version that provides it, and what it links: `@tensorflow/tfjs-node 4.22.0, TensorFlow 2.9.1`. */
  readonly version: string;
  readonly adapter?: AdapterFacts;
  readonly capabilities: Capabilities;
}

export type Probe =
  | { readonly id: BackendId; readonly available: true; readonly facts: BackendFacts }
  | { readonly id: BackendId; readonly available: false; readonly reason: string; readonly remedy: string };

/** A kernel of the backend that was replaced, or that is known to treat NaN differently and is left as it is. */
export interface KernelNote {
  readonly kernel: string;
  readonly status: 'supplied' | 'replaced' | 'known-divergence';
  readonly why: string;
}

/** An opened backend: the active tfjs backend until it is disposed. */
export interface Session {
  readonly id: BackendId;
  /** The name it has in the tfjs registry. */
  readonly tfjsName: string;
  readonly facts: BackendFacts;
  readonly notes: readonly KernelNote[];
  /** Settles with the reason when the device is lost (GPU sessions only). Never rejects. */
  readonly lost?: Promise<string>;
  /**
   * Validation and out-of-memory errors the device reported, oldest first (GPU sessions only). The next read
   * of any tensor throws when there is one, because every later value may be wrong.
   */
  readonly errors?: readonly string[];
  /** Releases the device. The process may then exit; one that has opened a GPU should call `process.exit`. */
  dispose(): Promise<void>;
}

export interface Backend {
  readonly id: BackendId;
  /** Looks without opening for good. Never throws. */
  probe(): Promise<Probe>;
  /** Makes it the active tfjs backend. Throws a `UserError` (exit code 3) when it is not there. */
  open(): Promise<Session>;
}

/**
 * Every code that a `UserError` can have, with what it means and what to do, by area. The one place for both:
 * docs/errors.md is made from it, and a code that is thrown and not in it is refused by the type checker.
 * The message of an error has the particulars (which file, which value); the sentence here has none.
 * Longer than other files, for it is one table, sorted, and a table is looked up in one place.
 */

/** Sentences are Markdown, of at most one line here. */
export const errorCodes = {
  'attention/dtype': 'q, k and v must be float32. For half arithmetic set `computeDtype` to `f16`.',
  'attention/fused': 'The fused kernel cannot run here. Use the composed one.',
  'attention/mask-dtype': 'A padding mask is int32 or bool, an explicit mask bool or float32.',
  'attention/mask-shape': 'The mask does not fit the tensors. Give one of the shape in the message.',
  'attention/no-half': 'The backend lacks the kernel that rounds to half. Compute in f32, or register it.',
  'attention/offset': 'The offset of the queries must be a whole number of positions.',
  'attention/policy': 'The mask was prepared under another policy or causal setting. Prepare a new one.',
  'attention/shape': 'q, k, v or the scale do not fit together. Expected [batch, heads, positions, size].',
  'attention/softcap': 'The softcap must be a finite number above 0. Leave it out for none.',
  'attention/window': 'The window must be a whole number of at least 1 key.',

  'backend/bad-shape': 'The module given with `--backend` is not a backend. See [backends](backends.md).',
  'backend/file-broken': 'The module given with `--backend` threw an error while it was imported. Fix it.',
  'backend/file-missing': 'There is no module where `--backend` points. Correct the path.',
  'backend/id-taken': 'The backend has the id of a built-in one. Give it another.',
  'backend/not-active': 'The backend opened without `await tf.setBackend(...)`. Add it to its `open()`.',
  'backend/not-available': 'The backend is not on this machine. The message says what to install.',

  'cascade/health-line': '`health.jsonl` is damaged, or was not written by nanscope. Run again.',

  'checkpoint/architecture':
    'The checkpoint belongs to another model. Resume with the same model, or start over.',
  'checkpoint/config': 'The checkpoint belongs to other settings. Resume with the same flags, or start over.',
  'checkpoint/data': 'The checkpoint belongs to other data. Resume with the same data, or start over.',
  'checkpoint/missing': 'The folder is not a checkpoint, or cannot be read. Name another.',
  'checkpoint/optimizer': 'The checkpoint belongs to another optimizer. Resume with the same, or start over.',
  'checkpoint/torn': 'A file of the checkpoint is damaged. Resume from an earlier one.',
  'checkpoint/unwritable': 'The checkpoint cannot be written. Free space, or name another folder.',
  'checkpoint/version': 'Another version of nanscope wrote the checkpoint. Resume with that version.',
  'checkpoint/vocabulary':
    'The checkpoint belongs to another tokenizer. Resume with the same, or start over.',

  'collator/attention-mask': 'An attention mask has one 0 or 1 for each token of its row.',
  'collator/batch-size': '`batchSize` must be a whole number of at least 1.',
  'collator/empty-batch': 'A batch needs at least one row.',
  'collator/empty-row': 'A row needs at least one token. Drop it, or add the end-of-text token.',
  'collator/id-out-of-range': 'A token id lies outside the vocabulary. Use the tokenizer of the model.',
  'collator/limit': '`limit` must be a whole number of at least 1.',
  'collator/max-length': '`maxLength` must be a whole number of at least 1.',
  'collator/min-length': '`minLength` must be a whole number of at least 1.',
  'collator/no-pad-token': 'Rows of different length need a pad token. Name one, or give equal lengths.',
  'collator/pad-to-multiple-of': '`padToMultipleOf` must be a whole number of at least 1.',

  'compare/kind': 'Only runs of eval and of train are compared. The message says which command it was.',
  'compare/nothing': 'The two runs share no label or step. Compare runs over the same data.',

  'conform/bad-vectors': 'A file of test vectors is wrong. The message says where.',
  'conform/no-cases': 'No case is selected. Loosen `--filter`, or choose another part with `--shard`.',
  'conform/no-onnxruntime': 'onnxruntime-node is not installed, or lacks this device.',
  'conform/no-vectors': 'The folder has no test vectors. See [conform](conform.md) for the layouts.',

  'data/binary': 'The file is not text. Name a .txt, .md or .jsonl file.',
  'data/empty': 'Every line of the text is blank. Name other data.',
  'data/field-missing': 'A line of JSON lacks the field that holds the text. Name the field.',
  'data/field-type': 'The field that should hold the text is not a string. Name another.',
  'data/json': 'A line is not a JSON object. Put one object on each line.',
  'data/line-too-long': 'A line is too long to be read. Break it first, for example with fold.',
  'data/missing': 'There is no file or folder at this path. Correct it.',
  'data/no-files': 'The folder has no text files. Name another, or a file.',
  'data/no-labels': 'No row has a token to predict. Give rows of at least two tokens.',
  'data/terminal': 'Standard input is a terminal. Pipe a text in, or name a file.',
  'data/unreadable': 'The file cannot be read. Check its permissions.',
  'data/utf8': 'The text is not UTF-8. Convert it first, for example with iconv.',

  'device/not-found': 'The device is not on this machine. The message says what was found.',
  'device/unknown': 'No device has this name. The message lists the names.',
  'device/unknown-backend':
    'No backend has this id. Name a built-in one, or give its module with `--backend`.',

  'experiments/condition': 'A factor of the matrix or its value is unknown, or was given two values.',

  'generate/empty-prompt': 'A prompt needs at least one token.',
  'generate/max-length': 'The prompt already fills `max_length` of the model. Give `--max-new-tokens`.',
  'generate/max-new-tokens': '`--max-new-tokens` must be a whole number of at least 1.',
  'generate/no-start-token': 'The tokenizer has no start token to begin from. Give a prompt.',
  'generate/padding': 'Prompts are padded on the left, and have at least one token.',
  'generate/prompt-too-long': 'The prompt is longer than the model has positions. Shorten it.',
  'generate/row-numbers': '`rowNumbers` must have one whole number for each row.',
  'generate/seed': 'The seed must be a whole number of at least 0.',
  'generate/temperature': 'The temperature must be a number of at least 0.',
  'generate/top-k': '`--top-k` must be a whole number of at least 1.',
  'generate/top-p': '`--top-p` must be a number from 0 to 1.',

  'gpt2/ambiguous-tensor': 'Two tensors of the file hold the same weights. Save it again with one of them.',
  'gpt2/config': '`config.json` has a setting that is wrong or not supported. The message names it.',
  'gpt2/dropout-rate': 'A dropout rate must be a number from 0 to 1.',
  'gpt2/dtype': 'A weight has a dtype that is not supported. Save it as a float.',
  'gpt2/generation-config': '`generation_config.json` cannot be used. Correct it, or remove it.',
  'gpt2/git-lfs': 'The file is a Git LFS pointer. Run `git lfs pull` in the folder.',
  'gpt2/missing-tensor':
    'The file lacks a tensor of the model. Check that it is the one for this config.json.',
  'gpt2/no-model': 'The folder is not a model. Name one with config.json and model.safetensors.',
  'gpt2/no-weights': 'The folder has no safetensors weights. Export them with safetensors.',
  'gpt2/overflow': 'A weight is too large for float32, which weights are computed in.',
  'gpt2/position-out-of-range': 'A position id lies outside the positions of the model (n_positions).',
  'gpt2/save': 'The model cannot be saved there. Name a new folder.',
  'gpt2/shape': 'The shape of a tensor differs from config.json. Use both files of the same model.',
  'gpt2/token-out-of-range': 'A token id lies outside the vocabulary. Use the tokenizer of the model.',
  'gpt2/too-long': 'A sequence is longer than the model has positions. Lower `--max-length`.',
  'gpt2/unexpected-tensor': 'The file has a tensor that a model with this config.json does not have.',
  'gpt2/unknown-preset': 'No model preset has this name. The message lists the names.',
  'gpt2/upcast': 'config.json asks for attention in float32. Use `--compute-dtype f32` or `--attn sdpa`.',

  'hub/checksum': 'A file arrived damaged and was thrown away. Try again.',
  'hub/denied': 'The hub gives no access. Check the spelling; for a private model set `HF_TOKEN`.',
  'hub/failed': 'The hub failed. Try again later; what has arrived is kept.',
  'hub/name': 'Names on the hub have the form org/name, such as openai-community/gpt2.',
  'hub/no-model': 'The repository has no config.json or no safetensors weights. Name another.',
  'hub/not-a-hub': 'The server that answered is not a Hugging Face hub. Check `HF_ENDPOINT`.',
  'hub/not-found': 'The hub does not have this model or revision. Check the spelling of both.',
  'hub/offline': 'The hub cannot be reached, and the model is not in the cache. Connect and try again.',
  'hub/revision': 'A revision is a branch, a tag or a commit.',
  'hub/token': '`HF_TOKEN` must start with hf_. Correct or unset it.',
  'hub/unwritable': 'The cache cannot be written. Free space, or name another with `HF_HOME`.',

  'inputs/dtype': 'A tensor of `--load-inputs` must hold integers. Save it as I64 or I32.',
  'inputs/missing': 'The file of `--load-inputs` lacks a tensor. The message names it.',
  'inputs/out-of-range': 'A value of `--load-inputs` lies outside what the model takes.',
  'inputs/range': 'A value of `--load-inputs` does not fit 32 bits.',
  'inputs/shape': 'A tensor of `--load-inputs` has a wrong shape. The message has the right one.',
  'inputs/too-long': 'Rows of `--load-inputs` are longer than the model has positions.',
  'inputs/unknown-tensor': 'The file of `--load-inputs` has a tensor of no known name. Rename or remove it.',

  'matrix/cells-file': '`cells.jsonl` has a line that is no cell. Name another folder with `--out`.',
  'matrix/empty': 'The matrix has no cell. Loosen the factors or the selection.',
  'matrix/no-matrix': 'The folder belongs to another command. Name the folder of a matrix.',
  'matrix/resume': 'The folder has no matrix that continues with these flags. Name another with `--out`.',

  'merge/other-cut':
    'The parts were divided in different ways. Run all with the same `--shard` and `--timings`.',
  'merge/other-device': 'One name stands for two devices. Give them different names: `--device gpu@NAME`.',
  'merge/other-factors': 'The parts belong to different matrices. Merge parts of one.',
  'merge/overlap': 'The same part is given twice. Leave one out.',
  'merge/two-outcomes':
    'A cell has two results under one name. Give the devices different names: `--device gpu@NAME`.',

  'model/config': '`config.json` has a setting that is wrong or not supported. The message names it.',
  'model/family': 'config.json names a model_type that is not supported. The message lists those that are.',
  'model/memory': 'The weights need more memory than the machine has. Choose a smaller model.',
  'model/unknown': 'There is no folder, hub model or preset of this name.',

  'page/dropped': 'What was dropped on the page is not a model, a text or a run.',
  'page/no-data': 'The text was not dropped on the page. Drop it, or leave `--data` out.',
  'page/no-file': 'A file is missing among those that were dropped. Drop the whole folder.',
  'page/no-model': 'No model of this name was dropped on the page. Drop its folder.',
  'page/not-fetched': 'A file beside the page cannot be fetched. Load the page again.',
  'page/onnxruntime': 'The implementation runs in Node only. Use the command line.',
  'page/run': 'What was opened is not a whole result of nanscope. Choose a run folder.',
  'page/tokenizer': 'The page reads only the tokenizer of the model, or bytes.',
  'page/zip': 'The file is not a zip of a run folder. Choose another.',

  'policy/fill': 'The fill is neither a known word nor a number. The message lists what is expected.',
  'policy/like': '`--like` names no system and version. Write it as `torch=2.8,device=mps`.',
  'policy/unknown-preset': 'No policy has this name. The message lists the names.',
  'policy/unknown-word': 'A part of the policy does not have this value. The message lists the values.',

  'reduce/no-batch': 'The batch of the fault is no longer in the data. Evaluate again.',
  'reduce/not-reproduced': 'The fault cannot be reproduced. Evaluate again with the same model and data.',
  'reduce/nothing': 'The run has no fault to reduce.',
  'reduce/token-types': 'The inputs have `token_type_ids`, which reduce does not support. Leave them out.',

  'report/empty': 'The file of the result is empty. Run again.',
  'report/no-story':
    '`explain` knows runs of eval, train, generate and compare. Print others with `nanscope report`.',
  'report/no-version': 'The file has no `schemaVersion`, so it is not a result of nanscope.',
  'report/not-a-record': 'The file is not a result of nanscope.',
  'report/not-json': 'The file is not JSON, or was cut off. Copy it again.',
  'report/other-kind': 'The result belongs to another command than expected.',
  'report/other-version': 'Another version of nanscope wrote the result. The message says which reads it.',
  'report/too-deep': 'The file is nested deeper than any result of nanscope.',
  'report/wrong-shape': 'A field of the result is wrong. The message names it.',

  'resume/broken': 'A file that the run would continue from is damaged. The message says where.',
  'resume/checkpoint': 'The run does not have this checkpoint. Name one that the message lists.',
  'resume/incomplete': 'The folder has less data than its `run.json` counts. Remove it to start over.',
  'resume/no-run': 'The folder of `--resume` is not a run of this command. Name the one given to `--out`.',
  'resume/other-data': 'The data has changed since the run began. Start a new run.',
  'resume/other-lane': 'The device or its version has changed since the run began. Start a new run.',
  'resume/other-run': 'The folder of `--resume` belongs to another command. Name the right one.',
  'resume/other-settings': 'A flag differs from the run that is resumed. Leave it out, or start a new run.',

  'run-folder/broken': 'A file of the run folder is damaged. Run again.',
  'run-folder/foreign':
    'The folder or file belongs to another command, or is not from nanscope. Name another.',
  'run-folder/held': 'Another process is writing into the folder. Wait for it, or name another folder.',
  'run-folder/missing': 'There is no run folder at this path. Correct it.',
  'run-folder/no-lane': 'The run ended before its lane began. Run again.',
  'run-folder/outside': 'A file of the run folder is a link that leads out of it, and is not read.',
  'run-folder/unwritable': 'The place cannot be written. Name another.',
  'run-folder/version': 'Another version of nanscope wrote the folder. Read it with that version.',

  'safetensors/conversion': 'A tensor cannot be read as the type that is needed.',
  'safetensors/duplicate-tensor': 'A tensor is listed twice in the header. Write the file again.',
  'safetensors/gap': 'Bytes of the file belong to no tensor. Write it again.',
  'safetensors/git-lfs': 'The file is a Git LFS pointer. Run `git lfs pull` in the folder.',
  'safetensors/header-too-large': 'The header is larger than the format permits.',
  'safetensors/index': 'The index of the shards is wrong. The message says where.',
  'safetensors/metadata': '`__metadata__` must map names to strings. Write the file again.',
  'safetensors/no-tensor': 'The file has no tensor of this name.',
  'safetensors/not-safetensors': 'The file is not a safetensors file. Export the weights with safetensors.',
  'safetensors/offsets': 'The offsets of a tensor are wrong. Write the file again.',
  'safetensors/overlap': 'Two tensors share bytes. Write the file again.',
  'safetensors/shape': 'The shape of a tensor is wrong. Write the file again.',
  'safetensors/size': 'The bytes of a tensor do not fit its shape and dtype. Write the file again.',
  'safetensors/trailing-data': 'The file continues after its last tensor. Write it again.',
  'safetensors/truncated-data': 'The file ends before its last tensor does. Copy it again.',
  'safetensors/truncated-header': 'The file ends before its header does. Copy it again.',
  'safetensors/unknown-dtype': 'A tensor has a dtype that the format does not define.',
  'safetensors/unreadable': 'The file cannot be read. Check its permissions, or choose it again.',
  'safetensors/unwritable': 'The file cannot be written. Name another folder.',

  'tensorboard/unwritable': 'Events for TensorBoard cannot be written. Free space, or name another folder.',

  'tokenizer/id-out-of-range':
    'The tokenizer does not have this token. Decode with the one that made the ids.',
  'tokenizer/invalid': 'A file of the tokenizer is wrong. Fetch it again.',
  'tokenizer/json': 'A file of the tokenizer is not JSON, or was cut off. Fetch it again.',
  'tokenizer/missing': 'There is no tokenizer at this path. Name its folder with `--tokenizer`, or `bytes`.',
  'tokenizer/none': 'The model has no tokenizer, so an id has no text.',
  'tokenizer/special-token': 'A special token is not in the vocabulary. Add it to `added_tokens`.',
  'tokenizer/unknown-token':
    'The text needs a token that the vocabulary lacks, and there is no unknown token.',
  'tokenizer/unreadable': 'A file of the tokenizer cannot be read. Check its permissions.',
  'tokenizer/unwritable': 'The tokenizer cannot be saved there. Name another folder.',

  'torch/architecture': 'transformers has no causal model of this type. Update it, or use another model.',
  'torch/dtype': 'The PyTorch device does not have this data type. Use another.',
  'torch/inputs': 'The batches do not fit the model that PyTorch loaded. Use the tokenizer of the model.',
  'torch/model': 'PyTorch loads a folder in Hugging Face layout. Name one, `org/name`, or `prose`.',
  'torch/no-device': 'This PyTorch does not have the device. The message says which it has.',
  'torch/no-python': 'No working Python was found. Name one with `--python`.',
  'torch/no-torch': 'This Python has no PyTorch. The message says what to type.',
  'torch/no-transformers': 'This Python has no transformers. The message says what to type.',
  'torch/protocol': 'The Python package belongs to another version of nanscope. Clear `PYTHONPATH`.',
  'torch/trust-remote-code': 'The model runs its own code. Read it, then give `--trust-remote-code`.',
  'torch/version': 'torch or transformers is too old. The message says what to type.',

  'trainer/label-out-of-range': 'A label is neither -100 nor a token of the vocabulary.',
  'trainer/label-smoothing': 'Label smoothing must be at least 0 and less than 1.',
  'trainer/no-supervised-token': 'Every label of a step is -100. Check padding and `--max-length`.',
  'trainer/optimizer': 'A setting of the optimizer lies outside its range. The message has the range.',
  'trainer/optimizer-state': 'The saved state does not fit the optimizer. Start over.',
  'trainer/schedule-minimum': 'The minimum of the schedule must be a fraction from 0 to 1.',
  'trainer/schedule-steps': 'Steps and warm-up must be whole numbers of at least 0.',
  'trainer/split': 'The text cannot be split for validation. Give more text, or `--validation 0`.',
  'trainer/too-little-text': 'The text is shorter than one block. Give more, or a smaller `--max-length`.',
  'trainer/unknown-schedule': 'No schedule has this name. The message lists the names.',
  'trainer/z-loss': 'The z-loss must be a number of at least 0.',

  'usage/bad-value': 'The value of a flag is wrong. The message says what is expected.',
  'usage/checkpoint': 'The checkpoint does not fit the other flags. The message says what to change.',
  'usage/config-missing': 'The file of `--config` cannot be read. Correct the path.',
  'usage/config-syntax': 'The file of `--config` is not YAML of keys and values.',
  'usage/corpus': '`--corpus` excludes `--data` and any tokenizer but bytes.',
  'usage/data':
    'A training text cannot come from standard input, because it is read more than once. Name a file.',
  'usage/device-list': '`--device` expects names, each once, joined by commas.',
  'usage/docs': 'No page contains any of these words. `nanscope docs` lists the pages.',
  'usage/extra': 'The command does not take this argument. Check for a missing flag name.',
  'usage/grads': '`--grads` needs `--save-outputs FILE`.',
  'usage/greedy': '`--greedy` excludes the flags that say how to draw. Give one of them.',
  'usage/init': '`init` writes a new file and overwrites none. Name another with `--out`.',
  'usage/last-failed': '`--last-failed` needs a result of this command in which something failed.',
  'usage/markdown': 'The file of `--markdown` cannot be written. Name another.',
  'usage/max-length': '`--max-length` is more than the model has positions. Lower it.',
  'usage/onnxruntime-device': 'This implementation runs on the devices cpu and gpu alone.',
  'usage/parse': 'The arguments cannot be understood. See `nanscope COMMAND --help`.',
  'usage/patience': '`--patience` needs validation rows. Give `--validation` above 0.',
  'usage/reporter': '`--reporter` names no reporter, or its file cannot be used. The message says which.',
  'usage/save': '`--save` needs a folder of its own.',
  'usage/sdpa-kernel': 'The fused kernel excludes another flag. The message says which.',
  'usage/selftest': '`selftest` needs to know what to test. Give `--detector`.',
  'usage/shape':
    'Flags that set the shape need a preset; a model with weights has its own shape. Leave them out.',
  'usage/shard': '`--shard` expects I/N with I from 1 to N, such as 1/4.',
  'usage/share': '`--share` expects a number above 0 and at most 1.',
  'usage/timings': '`--timings` needs `--shard` and an earlier run of the same cases.',
  'usage/tokenizer':
    'The tokenizer produces ids that the model does not have. Use the tokenizer of the model.',
  'usage/torch': 'The flag or the model does not work with a torch device. The message says what does.',
  'usage/trace-filter': '`--trace-filter` names no known tap, or nothing is traced. The message says which.',
  'usage/unknown-command': 'No command has this name. The message lists the names.',
  'usage/unknown-flag': 'The command does not have this flag. See `nanscope COMMAND --help`.',
  'usage/unknown-key': 'The file of `--config` has a key that the command does not know.',
} as const satisfies Record<`${string}/${string}`, string>;

/** Stable and greppable, `area/what`. */
export type ErrorCode = keyof typeof errorCodes;

/** The codes of an area, without its name. */
export type CodeIn<Area extends string> = ErrorCode extends infer Code
  ? Code extends `${Area}/${infer What}`
    ? What
    : never
  : never;

/** What is not there, rather than asked for wrongly: these leave with exit code 3, all others with 2. */
const absent: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'backend/not-available',
  'conform/no-onnxruntime',
  'device/not-found',
  'hub/failed',
  'hub/offline',
  'torch/no-device',
  'torch/no-python',
  'torch/no-torch',
  'torch/no-transformers',
  'torch/version',
]);

/** Exit codes: 2 is a mistake in what was asked, 3 a device, a backend or a service that is not there. */
export type UserExitCode = 2 | 3;

/** The exit code that a command leaves with for an error of this code. */
export const exitCodeOf = (code: ErrorCode): UserExitCode => (absent.has(code) ? 3 : 2);

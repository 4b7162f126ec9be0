#!/usr/bin/env bash
#SBATCH --job-name=nanscope
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --time=00:30:00
#SBATCH --requeue
# A matrix in eight parts, one a task of an array job, and the merge of them. `nanscope` has to be on the PATH, and RUNS
# in a folder that all nodes see. On Slurm:
#
#   parts=$(sbatch --parsable array-job.sh)
#   sbatch --dependency="afterany:$parts" --array=1-1 array-job.sh merge
#
# PBS (qsub -J 1-8), LSF (bsub -J "nanscope[1-8]") and Grid Engine (qsub -t 1-8) count tasks in variables of their own.
# A task that is started again, because its node was taken away or its time ran out, goes on where it was.
set -euo pipefail

PARTS=${PARTS:-8}
RUNS=${RUNS:-runs/array}
MATRIX=${MATRIX:---device wasm --layers 1,2 --keys 0,1,2}

if [ "${1:-part}" = merge ]; then
  exec nanscope merge "$RUNS"/part-* --out "$RUNS/merged" --reporter terminal --reporter html --reporter junit
fi

index=${SLURM_ARRAY_TASK_ID:-${PBS_ARRAY_INDEX:-${LSB_JOBINDEX:-${SGE_TASK_ID:?expected an array job}}}}
out="$RUNS/part-$index"
# shellcheck disable=SC2086 # Words of their own.
set -- $MATRIX --shard "$index/$PARTS" --out "$out"
# Parts that are divided by what each cell took before end together.
if [ -e "$RUNS/timings/run.json" ]; then set -- "$@" --timings "$RUNS/timings"; fi
if [ -e "$out/cells.jsonl" ]; then set -- "$@" --resume; fi
exec nanscope matrix "$@"

#!/bin/bash
# Portrait under PBS: qsub -v LOGS=/data/logs,RESULT=/data/profiles.h5ad jobs/pbs.sh
#PBS -N portrait
#PBS -l select=4:ncpus=16:mpiprocs=16:mem=64gb
#PBS -l walltime=01:00:00
#PBS -j oe
set -euo pipefail
cd "$PBS_O_WORKDIR"
export OMPI_MCA_oob_tcp_keepalive_time=30 OMPI_MCA_oob_tcp_keepalive_intvl=10 OMPI_MCA_oob_tcp_keepalive_probes=3

# Debian's Open MPI is built without PBS support: the nodes come from the node file, over ssh.
mpirun --hostfile "$PBS_NODEFILE" portrait build ${PORTRAIT_JOB:+-c "$PORTRAIT_JOB"} "$LOGS" -o "$RESULT" \
  --memory 3500M --scratch "${TMPDIR:-/tmp}" --rejects "$RESULT.rejects" --summary "$RESULT.json"

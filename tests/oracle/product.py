"""Running the program whose file is compared."""

import os
import subprocess


def add_options(parser):
    """The options of every test that can run the program."""
    parser.add_argument("--product", help="the portrait program")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--only-known", action="store_true",
                        help="let columns pass which no oracle knows")


def run_product(options, job, path, folder):
    """`portrait build` under mpirun; gives the path of its file."""
    out = os.path.join(folder, "profiles.h5ad")
    command = ["mpirun", "-n", str(options.ranks), "--oversubscribe",
               options.product, "build", "-q"]
    command += ["-c", job] if job else []
    command += [path, "-o", out]
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1",
                       OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    subprocess.run(command, check=True, env=environment)
    return out

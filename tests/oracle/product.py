"""Running the program whose file is compared."""

import os
import subprocess

TIMEOUT = 240


def add_options(parser):
    """The options of every test that can run the program."""
    parser.add_argument("--product", help="the portrait program")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--only-known", action="store_true",
                        help="let columns pass which no oracle knows")


def environment():
    """Many ranks on few cores, as root in a container too."""
    return dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1",
                OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                OMPI_MCA_btl_vader_single_copy_mechanism="none",
                OMPI_MCA_hwloc_base_binding_policy="none",
                OMPI_MCA_rmaps_base_oversubscribe="1")


def build_command(product, ranks, job, path, out):
    """`portrait build`; one rank needs no mpirun."""
    command = ["mpirun", "-n", str(ranks), "--oversubscribe",
               "--bind-to", "none"] if ranks > 1 else []
    command += [os.path.abspath(product), "build", "-q"]
    command += ["-c", job] if job else []
    return command + [path, "-o", out]


def run_product(options, job, path, folder):
    """Build; gives the path of its file."""
    out = os.path.join(folder, "profiles.h5ad")
    subprocess.run(build_command(options.product, options.ranks, job, path,
                                 out),
                   check=True, env=environment(), timeout=TIMEOUT)
    return out


def run_quietly(product, ranks, job, path, folder):
    """Build; gives its exit code, what it said and its file's path."""
    out = os.path.join(folder, "profiles.h5ad")
    done = subprocess.run(
        build_command(product, ranks, job, path, out), env=environment(),
        timeout=TIMEOUT, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout, out

"""obs.py FILE COLUMN USER: one value of /obs as text; `absent` where it is masked, NaN or without label."""
import sys

import h5py

path, column, user = sys.argv[1:4]
with h5py.File(path, "r") as f:
    obs = f["obs"]
    row = list(obs["user_id"].asstr()[()]).index(user)
    node = obs[column]
    if isinstance(node, h5py.Dataset):
        value = node[row]
        print("absent" if value != value else value)
    elif "codes" in node:
        code = node["codes"][row]
        print("absent" if code < 0 else node["categories"].asstr()[code])
    else:
        print("absent" if node["mask"][row] else node["values"][row])

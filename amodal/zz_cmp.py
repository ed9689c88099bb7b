import sys, numpy as np, torch
from pathlib import Path
torch.set_num_threads(1)
import amodal.evaluation.inpainting as ev; ev.SHAPES=90
from amodal.evaluation.inpainting import cases, scores
import amodal.inpaint.partial as P
from amodal.inpaint.partial import PartialConvolutions
from amodal.data.street_photos import photo_paths
from amodal.evaluation import pictures_distance as pd
dist=pd.DISTANCES['encoder']()
f=PartialConvolutions(Path('weights/inpaint.safetensors'),'cpu')
paths=photo_paths(Path('/work/shared/data/street_photos'),'val')
paths=paths[::max(len(paths)//40,1)][:40]
acc={}
for i,(about,photo,hole) in enumerate(cases(paths)):
    for n in (32,64,1e9):
        P.REACH=n; acc.setdefault(n,[]).append(scores(photo,hole,f,dist))
for n,a in acc.items(): print(n,{k:round(float(np.mean([x[k] for x in a])),4) for k in a[0]},flush=True)

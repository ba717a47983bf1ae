#!/usr/bin/env python3
"""Times training steps of PyTorch, as `bench train` times those of NativeTrain: the same model, pictures of noise with a dozen
boxes each, forward, loss, backward, clip, AdamW; channels_last, and mixed precision where asked for.

  torch_step.py [--model yolo11n.yaml] [--imgsz 640] [--batch 16] [--amp false|fp16|bf16] [--device cuda] [--steps 10]
  torch_step.py --script FILE ...    a TorchScript module instead of Ultralytics' model; its loss is the mean square of what it gives

Needs torch, and ultralytics unless --script is given.
"""
import argparse
import time

import torch

BOXES_PER_IMAGE = 12


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="yolo11n.yaml")
    parser.add_argument("--script")
    parser.add_argument("--imgsz", type=int, default=640)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--amp", choices=["false", "fp16", "bf16"], default="false")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--steps", type=int, default=10)
    return parser.parse_args()


def scripted(path, device):
    """A module from a file, and its loss of a batch."""
    model = torch.jit.load(path, map_location=device)

    def tensors(output):
        if torch.is_tensor(output):
            yield output
        else:
            for part in output.values() if isinstance(output, dict) else output:
                yield from tensors(part)

    return model, lambda batch: sum(t.float().square().mean() for t in tensors(model(batch["img"])))


def reference(name, device):
    """Ultralytics' model of a graph, and its own loss of a batch."""
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel

    model = DetectionModel(name, nc=80, verbose=False)
    model.args = get_cfg()  # the loss's gains
    model.to(device)
    return model, lambda batch: model(batch)[0].sum()


def noise(batch, imgsz, device):
    generator = torch.Generator().manual_seed(0)
    boxes = batch * BOXES_PER_IMAGE
    sides = 0.05 + 0.3 * torch.rand(boxes, 2, generator=generator)
    centres = sides / 2 + (1 - sides) * torch.rand(boxes, 2, generator=generator)
    everything = {
        "img": torch.rand(batch, 3, imgsz, imgsz, generator=generator),
        "batch_idx": torch.arange(boxes) // BOXES_PER_IMAGE,
        "cls": torch.randint(80, (boxes, 1), generator=generator).float(),
        "bboxes": torch.cat([centres, sides], 1),
    }
    everything = {name: value.to(device) for name, value in everything.items()}
    everything["img"] = everything["img"].contiguous(memory_format=torch.channels_last)
    return everything


def main():
    a = arguments()
    cuda = a.device.startswith("cuda")
    torch.backends.cudnn.benchmark = True
    model, loss_of = scripted(a.script, a.device) if a.script else reference(a.model, a.device)
    model.train().to(memory_format=torch.channels_last)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, **({"fused": True} if cuda else {}))
    scaler = torch.cuda.amp.GradScaler(enabled=cuda and a.amp == "fp16")
    precision = torch.autocast("cuda" if cuda else "cpu", dtype=torch.bfloat16 if a.amp == "bf16" else torch.float16, enabled=a.amp != "false")
    batch = noise(a.batch, a.imgsz, a.device)

    def step():
        with precision:
            loss = loss_of(batch)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(parameters, 10)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        value = loss.item()
        if cuda:
            torch.cuda.synchronize()
        return value

    for _ in range(3):  # chooses algorithms, fills caches
        step()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    seconds = []
    for _ in range(a.steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    median = seconds[len(seconds) // 2]
    peak = f", peak {torch.cuda.max_memory_allocated() / 2**20:.0f} MiB of tensors" if cuda else ""
    print(f"PyTorch {torch.__version__}, {a.script or a.model} at {a.imgsz}, batch {a.batch}, amp={a.amp}, channels_last: "
          f"{median:.3f} s a step (fastest {seconds[0]:.3f}, slowest {seconds[-1]:.3f}), {a.batch / median:.1f} images/s{peak}")


if __name__ == "__main__":
    main()

"""The network: shapes, gradients, independence of the batch, conventions of the transformer."""

import pytest
import torch
from torch import nn

from amodal.model import CUES, PLACE, AmodalVAE, LastDeconvolution, ModelConfig, reach_to_theta

CONFIG = ModelConfig(size=32, latent=8, channels=(4, 8, 16), features=24)


def inputs(batch: int, size: int = 32) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(batch)
    mask = (torch.rand(batch, 1, size, size, generator=generator) > 0.5).float()
    cues = torch.linspace(-0.4, 0.4, batch * CUES).view(batch, CUES)
    cues[:, 5] = 0  # the crop is the modal box, not the full extent
    return mask, torch.arange(batch) % 3, cues


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("samples", [0, 1, 5])
@pytest.mark.parametrize("size", [16, 32])
def test_shapes(batch, samples, size):
    config = ModelConfig(size=size, latent=8, channels=(4, 8, 16), features=24)
    model = AmodalVAE(config).eval()
    canonical, theta, posterior = model(*inputs(batch, size), samples=samples)
    assert canonical.shape == (batch, 1 + samples, size, size)
    assert theta.shape == (batch, 1 + samples, 4)
    assert posterior.mean.shape == (batch, 8 + PLACE)
    assert canonical.min() >= 0
    assert canonical.max() <= 1


def test_every_parameter_gets_a_gradient():
    model = AmodalVAE(CONFIG)
    canonical, theta, posterior = model(*inputs(4), samples=2)
    classes = model.classify(*inputs(4)[::2])
    (canonical.sum() + theta.square().sum() + posterior.kl().sum() + classes[:, 1].sum()).backward()
    without = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    # The regressor starts with zero weights in its last layer, which blocks those before it.
    assert [name for name in without if not name.startswith("transformer")] == []


def test_transformer_gets_a_gradient_after_a_step():
    model = AmodalVAE(CONFIG)
    torch.nn.init.normal_(model.transformer.regressor[-1].weight, std=0.1)
    torch.nn.init.zeros_(model.transformer.regressor[-1].bias)
    _, theta, _ = model(*inputs(4), samples=2)
    theta.square().sum().backward()
    for name, parameter in model.transformer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_batch_equals_one_by_one():
    model = AmodalVAE(CONFIG).eval()
    mask, class_id, cues = inputs(4)
    together = model(mask, class_id, cues)[0]
    alone = torch.cat([model(*(v[i : i + 1] for v in (mask, class_id, cues)))[0] for i in range(4)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_the_class_changes_the_posterior():
    model = AmodalVAE(CONFIG).eval()
    mask, _, cues = inputs(1)
    means = [model(mask, torch.tensor([c]), cues)[2].mean for c in (1, 6)]
    assert not torch.allclose(*means)


def test_equal_generators_give_equal_samples():
    model = AmodalVAE(CONFIG).eval()
    runs = [
        model(*inputs(2), samples=3, generator=torch.Generator().manual_seed(7))[0]
        for _ in range(2)
    ]
    assert torch.equal(*runs)


def test_a_known_full_extent_fixes_theta_to_the_identity():
    model = AmodalVAE(CONFIG).eval()
    mask, class_id, cues = inputs(2)
    cues[:, 5] = torch.tensor([0.0, 1.0])
    theta = model(mask, class_id, cues)[1][:, 0]
    assert torch.equal(theta[1], torch.tensor([0.0, 0.0, 1.0, 1.0]))
    assert not torch.equal(theta[0], theta[1])


def test_convention_reach_extends_the_named_side():
    theta = reach_to_theta(torch.tensor([[1.0, 0.0, 0.0, 0.5]]))[0]
    # The left side goes from -1 to -2, the bottom from 1 to 1.5; the others stay.
    assert (theta[:2] - theta[2:]).tolist() == [-2.0, -1.0]
    assert (theta[:2] + theta[2:]).tolist() == [1.0, 1.5]


def test_a_size_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="multiple of 8"):
        ModelConfig(size=20, channels=(4, 8, 16))


def test_the_place_noise_moves_the_box_and_nothing_else():
    torch.manual_seed(0)
    model = AmodalVAE(CONFIG).eval()
    torch.nn.init.normal_(model.transformer.regressor[-1].weight, std=0.2)
    mask, class_id, cues = inputs(2)
    posterior, features = model.encoder(mask, class_id, cues)
    assert torch.equal(posterior.logvar[:, -PLACE:], torch.zeros(2, PLACE))
    moved = posterior.mean.clone()
    moved[:, -PLACE:] += 1
    shapes = [model.decoder(z) for z in (posterior.mean, moved)]
    assert torch.equal(*shapes)
    known = torch.tensor([False, True])
    first, second = (
        model.transformer(shapes[0].sigmoid(), z, features, known) for z in (posterior.mean, moved)
    )
    assert (second[0, 2:] > first[0, 2:]).all()  # every side reaches farther
    assert torch.equal(first[1], second[1])  # but not where the full extent is known


def test_the_last_deconvolution_is_one():
    torch.manual_seed(0)
    ours = LastDeconvolution(5, 1, 4, stride=2, padding=1)
    torchs = nn.ConvTranspose2d(5, 1, 4, stride=2, padding=1)
    torchs.load_state_dict(ours.state_dict())
    values = torch.randn(3, 5, 6, 7)
    torch.testing.assert_close(ours(values), torchs(values))

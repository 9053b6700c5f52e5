/**
 * The convolutional layer: what it computes, what it shares, what it takes. Rows 11 to 16, 28 and 30.
 */
import { gradcheck, gradients, ShapeError, steps, type Tensor, tensor } from "@convgrad/core";
import { Conv2D, conv2d, crossEntropy, dense, ReLU, Sequential } from "@convgrad/layers";
import { SGD } from "@convgrad/optim";
import { describe, expect, it } from "vitest";
import {
  convolve,
  convolveFull,
  correlate,
  differs,
  draw,
  expectSame,
  integers,
  leaf,
  plane,
  ROUNDING,
  rot180,
} from "./article.ts";

describe("row 11: cross-correlation and convolution", () => {
  // (x ∗ k)[i, j] = Σ x[i − m, j − n] · k[m, n] = x ⊗ rot180 k                                   eq. (1) to (3)
  const [x, k] = integers(11, [6, 5], [3, 2]) as [Tensor, Tensor];

  it("x ∗ k = x ⊗ rot180 k", () => {
    expectSame(convolve(x, k), correlate(x, rot180(k)));
    expect(differs(convolve(x, k), correlate(x, k))).toBe(true);
  });

  it("they agree for a kernel that looks the same upside down", () => {
    const symmetric = k.add(rot180(k));
    expectSame(convolve(x, symmetric), correlate(x, symmetric));
  });
});

describe("row 12: flipping the kernel is not necessary", () => {
  it("two nets, one flipping, with mirrored starts: the same losses to the bit for 200 steps", () => {
    const [x, k, head] = draw(12, [3, 1, 5, 5], [2, 1, 3, 3], [18, 3]) as [Tensor, Tensor, Tensor];
    const labels = tensor([0, 1, 2], { dtype: "int32" });
    const twin = (flip: boolean) => {
      const w = leaf(flip ? k.flip([2, 3]) : k);
      const v = leaf(head);
      const optimizer = new SGD([w, v], { lr: 0.05, momentum: 0.9 });
      const losses: number[] = [];
      for (const _ of steps(200)) {
        const features = conv2d(x, w, null, { flip }).relu().flatten(1);
        const loss = crossEntropy(dense(features, v), labels);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        losses.push(loss.item());
      }
      return { losses, w };
    };
    const [correlating, convolving] = [twin(false), twin(true)];
    expect(convolving.losses).toEqual(correlating.losses);
    expect(convolving.w.flip([2, 3]).toArray()).toEqual(correlating.w.toArray());
    expect(correlating.losses[199]).toBeLessThan(0.1 * correlating.losses[0]!);
  });
});

describe("row 13: channels, filters, biases", () => {
  // y[d, i, j] = Σ_{m, n, c} w[d, c, m, n] · x[c, i + m, j + n] + b[d]                             eq. (4), (5)
  const [x, w, b] = integers(13, [1, 3, 6, 6], [4, 3, 3, 3], [4]) as [Tensor, Tensor, Tensor];
  const channel = (t: Tensor, c: number) => t.slice([null, c], [null, c + 1]);

  it("each channel makes a map of its own; a filter stacks them and adds its bias", () => {
    const maps = [0, 1, 2].map((c) => conv2d(channel(x, c), channel(w, c)));
    const sum = maps[0]!.add(maps[1]!).add(maps[2]!);
    expectSame(conv2d(x, w, b), sum.add(b.reshape([4, 1, 1])));
  });

  it("a filter has a kernel per channel, not one for all: swapped channels change the output", () => {
    const swap = (t: Tensor) => t.gather(1, swapped.broadcastTo(t.shape));
    const swapped = tensor([1, 0, 2], { dtype: "int32" }).reshape([1, 3, 1, 1]);
    expect(differs(conv2d(x, w), conv2d(x, swap(w)))).toBe(true);
    expectSame(conv2d(swap(x), swap(w)), conv2d(x, w));
  });
});

describe("row 14: pre-activation and output", () => {
  const [o, w] = draw(14, [6, 6], [3, 3]) as [Tensor, Tensor];

  it("eq. (6) = eq. (7) to the bit: rot180{w} ∗ o = Σ w[m, n] · o[i + m, j + n]", () => {
    expectSame(convolve(o, rot180(w)), correlate(o, w));
  });

  it("x and o = f(x) are two nodes, so that δ = ∂E/∂x can be asked for, eq. (8)", () => {
    const x = correlate(o, leaf(w));
    const out = x.relu();
    expect(out.node!.name).toBe("relu");
    expect(out.node!.inputs).toEqual([x.node]);
    const [delta, g] = gradients(out.sum(), [x, out]);
    expectSame(delta!, g!.where(x.greater(0), 0));
  });
});

describe("row 15: b, not b_{i,j}", () => {
  const [x, w] = draw(15, [1, 1, 5, 5], [2, 1, 3, 3]) as [Tensor, Tensor];

  it("a filter has one bias, added at every position", () => {
    const y = conv2d(x, w.mul(0), tensor([1.5, -2], { dtype: "float64" }));
    expect(y.toArray()).toEqual([
      [new Array(3).fill([1.5, 1.5, 1.5]), new Array(3).fill([-2, -2, -2])],
    ]);
  });

  it("a bias per position is refused, with the reason", () => {
    const perPosition = draw(15, [2, 3, 3])[0]!;
    expect(() => conv2d(x, w, perPosition)).toThrow(ShapeError);
    expect(() => conv2d(x, w, perPosition)).toThrow(
      /one number per filter shared by all positions/,
    );
  });
});

describe("row 16: weight sharing", () => {
  it("208 shared parameters stand for 4.9 million of a dense layer", () => {
    const model = new Sequential(new Conv2D(1, 8, 5, { padding: 2 }));
    const [row] = model.summary([1, 28, 28]).rows;
    expect(row!.parameters).toBe(8 * 5 * 5 + 8);
    expect(row!.parametersIfDense).toBe(28 * 28 * (8 * 28 * 28) + 8 * 28 * 28); // 4,923,520
  });
});

describe("row 16: what sharing saves, layer by layer", () => {
  it("summary() has both counts in its table, and none where there is nothing to share", () => {
    const model = new Sequential(new Conv2D(1, 2, 3), new ReLU(), new Conv2D(2, 3, 3));
    const summary = model.summary([1, 6, 6]);
    expect(summary.rows.map(({ parameters }) => parameters)).toEqual([20, 0, 57]);
    expect(summary.rows.map(({ parametersIfDense }) => parametersIfDense)).toEqual([
      36 * 32 + 32,
      null,
      32 * 12 + 12,
    ]);
    expect(String(summary)).toMatch(/if dense/);
  });
});

describe("row 28: δ has another depth than the input", () => {
  // 3×32×32 through 6 filters of 3×5×5 gives δ of 6×28×28. The products are of planes, one per (filter d, channel c).
  const [x, w, delta] = draw(28, [1, 3, 32, 32], [6, 3, 5, 5], [1, 6, 28, 28]) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const [xs, ws] = [leaf(x), leaf(w)];
  const y = conv2d(xs, ws);
  const [dx, dw] = gradients(y, [xs, ws], { gradient: delta }) as [Tensor, Tensor];
  const at = (t: Tensor, a: number, b: number) => plane(t.detach().slice([a, b], [a + 1, b + 1]));

  it("the weights: ∂w[d, c] = x[c] ⊗ δ[d], eighteen pairs", () => {
    for (let d = 0; d < 6; d++)
      for (let c = 0; c < 3; c++)
        expectSame(at(dw, d, c), correlate(at(x, 0, c), at(delta, 0, d)), ROUNDING);
  });

  it("the input: ∂x[c] = Σ_d δ[d] ∗full w[d, c], six pairs summed for each channel", () => {
    for (let c = 0; c < 3; c++) {
      const maps = [0, 1, 2, 3, 4, 5].map((d) => convolveFull(at(delta, 0, d), at(w, d, c)));
      const sum = maps.reduce((a, b) => a.add(b));
      expectSame(at(dx, 0, c), sum, { rtol: 1e-10, atol: 1e-10 });
    }
  });

  it("⟨y, δ⟩ = ⟨x, ∂x⟩ = ⟨w, ∂w⟩, because y is linear in both", () => {
    const dot = (a: Tensor, b: Tensor) => a.mul(b).sum().item();
    expect(dot(x, dx)).toBeCloseTo(dot(y, delta), 8);
    expect(dot(w, dw)).toBeCloseTo(dot(y, delta), 8);
  });

  it("all 450 weights pass gradcheck at just these sizes", () => {
    expect(gradcheck((filters) => conv2d(x, filters), [w]).checked).toBe(6 * 3 * 5 * 5);
  });

  it("a filter of the wrong depth is refused with both depths", () => {
    const six = draw(28, [6, 6, 5, 5])[0]!;
    expect(() => conv2d(x, six)).toThrow(/expects 6 input channels but receives 3/);
    expect(() => conv2d(x, six)).toThrow(/the depth of a filter is that of its input/);
  });
});

describe("row 30: padding by name and by number", () => {
  const [x, odd, even] = draw(30, [1, 1, 5, 6], [1, 1, 3, 3], [1, 1, 2, 4]) as [
    Tensor,
    Tensor,
    Tensor,
  ];

  it('"valid" gives w − k + 1', () => {
    expect(conv2d(x, odd, null, { padding: "valid" }).shape).toEqual([1, 1, 5 - 3 + 1, 6 - 3 + 1]);
  });

  it('"same" keeps the size; for odd kernels it is (k − 1) / 2 on each side, as in PyTorch', () => {
    expectSame(conv2d(x, odd, null, { padding: "same" }), conv2d(x, odd, null, { padding: 1 }));
  });

  it('"same" with an even kernel puts the odd cell at the end, as in TensorFlow', () => {
    const same = conv2d(x, even, null, { padding: "same" });
    expect(same.shape).toEqual(x.shape);
    expectSame(
      same,
      conv2d(x, even, null, {
        padding: [
          [0, 1],
          [1, 2],
        ],
      }),
    );
  });

  it('"same" is TensorFlow\'s rule for any kernel, stride and dilation, even ones too', () => {
    // out = ⌈in / s⌉, total = max((out − 1)·s + (k − 1)·d + 1 − in, 0), before = ⌊total / 2⌋, the rest after
    const [image] = draw(31, [1, 1, 9, 9]) as [Tensor];
    for (const k of [1, 2, 3, 4])
      for (const s of [1, 2, 3])
        for (const d of [1, 2]) {
          const out = Math.ceil(9 / s);
          const total = Math.max((out - 1) * s + (k - 1) * d + 1 - 9, 0);
          const side = [Math.floor(total / 2), Math.ceil(total / 2)] as const;
          const w = draw(32, [1, 1, k, k])[0]!;
          const same = conv2d(image, w, null, { padding: "same", stride: s, dilation: d });
          expect(same.shape).toEqual([1, 1, out, out]);
          const padding = [side, side] as const;
          expectSame(same, conv2d(image, w, null, { padding, stride: s, dilation: d }));
        }
  });

  it('"same" with a stride gives ⌈size / stride⌉', () => {
    const y = conv2d(x, odd, null, { padding: "same", stride: [2, 4] });
    expect(y.shape).toEqual([1, 1, 3, 2]);
    expectSame(
      y,
      conv2d(x, odd, null, {
        padding: [
          [1, 1],
          [0, 1],
        ],
        stride: [2, 4],
      }),
    );
  });

  it("[[t, b], [l, r]] is padding each side by hand", () => {
    const padded = x.pad([
      [0, 2],
      [3, 1],
    ]);
    expectSame(
      conv2d(x, odd, null, {
        padding: [
          [0, 2],
          [3, 1],
        ],
      }),
      conv2d(padded, odd),
    );
  });
});

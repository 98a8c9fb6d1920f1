using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>One buffer for each input and output of a model. They grow to the largest run so far and stay.</summary>
internal sealed class LaneBuffers(TensorLayout layout) : IDisposable
{
    public NativeBuffer[] Inputs { get; } = [.. layout.Inputs.Select(_ => new NativeBuffer())];

    public NativeBuffer[] Outputs { get; } = [.. layout.Outputs.Select(_ => new NativeBuffer())];

    public static long Bytes(TensorPort port, long[] shape)
    {
        long bytes = port.Datatype.Width();
        foreach (long size in shape)
        {
            bytes *= size;
        }

        return bytes;
    }

    /// <summary>Makes room for a form at so many rows; true when memory moved, so that bindings to it are void.</summary>
    /// <param name="placed">Whether outputs of known size come to lie here.</param>
    /// <exception cref="InferenceException">An output would be larger than allowed.</exception>
    public bool Ensure(TensorForm form, int rows, bool placed, long maxOutputBytes)
    {
        bool moved = false;
        for (int i = 0; i < Inputs.Length; i++)
        {
            moved |= Inputs[i].Ensure(Bytes(layout.Inputs[i], form.InputShape(i, rows)));
        }

        foreach (int i in form.Wanted)
        {
            if (placed && form.OutputShape(i, rows) is { } shape)
            {
                moved |= Outputs[i].Ensure(OutputView.Limited(layout.Outputs[i], Bytes(layout.Outputs[i], shape), maxOutputBytes));
            }
        }

        return moved;
    }

    public void Dispose()
    {
        foreach (NativeBuffer buffer in Inputs.Concat(Outputs))
        {
            buffer.Dispose();
        }
    }
}

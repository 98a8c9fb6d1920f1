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

    /// <summary>Whether room for a form at so many rows would move memory, so that no binding to it may be used any more.</summary>
    /// <param name="placed">Whether outputs of known size come to lie here.</param>
    /// <exception cref="InferenceException">An output would be larger than allowed; nothing has moved.</exception>
    public bool MustMove(TensorForm form, int rows, bool placed, long maxOutputBytes)
    {
        bool moves = false;
        foreach ((NativeBuffer buffer, TensorPort port, long bytes, bool isOutput) in Wanted(form, rows, placed))
        {
            moves |= buffer.Capacity < (isOutput ? OutputView.Limited(port, bytes, maxOutputBytes) : bytes) || buffer.Capacity == 0;
        }

        return moves;
    }

    /// <summary>Makes room. Nothing may be bound when <see cref="MustMove"/> says that memory moves.</summary>
    public void MakeRoom(TensorForm form, int rows, bool placed)
    {
        foreach ((NativeBuffer buffer, _, long bytes, _) in Wanted(form, rows, placed))
        {
            buffer.Ensure(bytes);
        }
    }

    public void Dispose()
    {
        foreach (NativeBuffer buffer in Inputs.Concat(Outputs))
        {
            buffer.Dispose();
        }
    }

    private IEnumerable<(NativeBuffer Buffer, TensorPort Port, long Bytes, bool IsOutput)> Wanted(TensorForm form, int rows, bool placed)
    {
        for (int i = 0; i < Inputs.Length; i++)
        {
            yield return (Inputs[i], layout.Inputs[i], Bytes(layout.Inputs[i], form.InputShape(i, rows)), false);
        }

        foreach (int i in form.Wanted)
        {
            if (placed && form.OutputShape(i, rows) is { } shape)
            {
                yield return (Outputs[i], layout.Outputs[i], Bytes(layout.Outputs[i], shape), true);
            }
        }
    }
}

using Microsoft.ML.OnnxRuntime;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>The outputs of a merged run have other row counts than its inputs: its rows are none of the requests'.</summary>
internal sealed class RowsLostException() : Exception("The outputs of a merged run do not have the rows of its inputs.");

/// <summary>
/// One run at a time of a model: buffers that stay where they are, bound once for each shape, so that a run copies its inputs in, its
/// outputs out, and allocates nothing but the answer.
/// </summary>
internal sealed class TensorLane(InferenceSession session, TensorLayout layout, long maxOutputBytes, bool copiesOnBind) : IDisposable
{
    private const int MaxBindings = 256;
    private readonly LaneBuffers _buffers = new(layout);
    private readonly Dictionary<(long Form, int Rows), LaneBinding> _bindings = [];
    private readonly RunOptions _options = new();

    /// <summary>Breaks off the run that goes on, between two operators; stays in force until it is set back.</summary>
    public bool IsTerminated
    {
        get => _options.Terminate;
        set => _options.Terminate = value;
    }

    /// <summary>Runs requests of one form together and sets their answers.</summary>
    /// <exception cref="OnnxRuntimeException">The model refused the values or failed.</exception>
    /// <exception cref="InferenceException">An output is too large, or not what the model promised.</exception>
    /// <exception cref="RowsLostException">The requests cannot share a run.</exception>
    public void Run(ReadOnlySpan<TensorRequest> members)
    {
        TensorForm form = members[0].Form;
        int rows = 0;
        foreach (TensorRequest member in members)
        {
            rows += member.Rows;
        }

        LaneBinding binding = Find(form, rows, form.KeepsItsSizes);
        Fill(binding, members);
        try
        {
            Share(Run(ref binding, members, rows), members, rows);
        }
        finally
        {
            Finish(binding);
        }
    }

    public void Dispose()
    {
        Forget();
        _buffers.Dispose();
        _options.Dispose();
    }

    /// <summary>Text tensors keep what they were filled with, so models that take text bind anew each time.</summary>
    private void Finish(LaneBinding binding)
    {
        if (layout.HasText)
        {
            Forget();
        }
        else
        {
            binding.Release();
        }
    }

    /// <summary>
    /// A run can fail because the model's names of dimensions lie, so that its outputs do not fit where they were bound. Then it
    /// succeeds when ONNX Runtime places them, and is bound so from now on.
    /// </summary>
    private ReadOnlySpan<OutputView> Run(ref LaneBinding binding, ReadOnlySpan<TensorRequest> members, int rows)
    {
        TensorForm form = members[0].Form;
        try
        {
            return binding.Run(session, _options, maxOutputBytes);
        }
        catch (OnnxRuntimeException) when (form.KeepsItsSizes && !IsTerminated)
        {
            Forget();
            binding = Find(form, rows, placed: false);
            Fill(binding, members);
            ReadOnlySpan<OutputView> outputs = binding.Run(session, _options, maxOutputBytes);
            form.KeepsItsSizes = false;
            return outputs;
        }
    }

    private LaneBinding Find(TensorForm form, int rows, bool placed)
    {
        if (_bindings.TryGetValue((form.Id, rows), out LaneBinding? known))
        {
            return known;
        }

        if (_buffers.MustMove(form, rows, placed, maxOutputBytes) || _bindings.Count >= MaxBindings)
        {
            Forget(); // before the memory that they point to is given back
        }

        _buffers.MakeRoom(form, rows, placed);
        return _bindings[(form.Id, rows)] = new LaneBinding(session, layout, form, rows, placed, _buffers, copiesOnBind);
    }

    private void Forget()
    {
        foreach (LaneBinding binding in _bindings.Values)
        {
            binding.Dispose();
        }

        _bindings.Clear();
    }

    private void Fill(LaneBinding binding, ReadOnlySpan<TensorRequest> members)
    {
        for (int i = 0; i < layout.Inputs.Length; i++)
        {
            int at = 0;
            foreach (TensorRequest member in members)
            {
                at += layout.Inputs[i].Datatype == TensorDatatype.BYTES
                    ? FillText(binding.Text(i), member.Inputs[i], at)
                    : FillNumbers(_buffers.Inputs[i], member.Inputs[i].Data.Span, at);
            }
        }
    }

    private static int FillNumbers(NativeBuffer buffer, ReadOnlySpan<byte> data, int at)
    {
        data.CopyTo(buffer.Slice(at, data.Length));
        return data.Length;
    }

    private static int FillText(OrtValue text, TensorValue input, int at)
    {
        int count = 0;
        foreach (ReadOnlySpan<byte> element in input.EnumerateBytes())
        {
            text.StringTensorSetElementAt(element, at + count++);
        }

        return count;
    }

    private static void Share(ReadOnlySpan<OutputView> outputs, ReadOnlySpan<TensorRequest> members, int rows)
    {
        if (members.Length == 1)
        {
            members[0].Answer = TensorAnswer.Copy(outputs, 0, OutputView.All);
            return;
        }

        foreach (ref readonly OutputView output in outputs)
        {
            if (output.Rows != rows)
            {
                throw new RowsLostException();
            }
        }

        int first = 0;
        foreach (TensorRequest member in members)
        {
            member.Answer = TensorAnswer.Copy(outputs, first, member.Rows);
            first += member.Rows;
        }
    }
}

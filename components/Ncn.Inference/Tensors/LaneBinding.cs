using Microsoft.ML.OnnxRuntime;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>A lane's buffers bound to a session for one form at one number of rows.</summary>
internal sealed class LaneBinding : IDisposable
{
    private readonly TensorLayout _layout;
    private readonly TensorForm _form;
    private readonly OrtIoBinding _binding;
    private readonly OrtValue[] _inputs;
    private readonly OrtValue?[] _outputs;
    private readonly OutputView[] _views;
    private readonly bool _bindsInputsEveryRun;
    private IDisposableReadOnlyCollection<OrtValue>? _results;

    /// <param name="session">The session that will run.</param>
    /// <param name="layout">Its inputs and outputs.</param>
    /// <param name="form">What is wanted of it.</param>
    /// <param name="rows">At how many rows.</param>
    /// <param name="placed">Whether outputs of known size are bound to the buffers.</param>
    /// <param name="buffers">Large enough already.</param>
    /// <param name="copiesOnBind">True where binding an input copies it to a device, so that each run has to bind anew.</param>
    public LaneBinding(InferenceSession session, TensorLayout layout, TensorForm form, int rows, bool placed, LaneBuffers buffers, bool copiesOnBind)
    {
        (_layout, _form, _bindsInputsEveryRun) = (layout, form, copiesOnBind || layout.HasText);
        _binding = session.CreateIoBinding();
        _inputs = [.. layout.Inputs.Select((port, i) => Input(port, form.InputShape(i, rows), buffers.Inputs[i]))];
        _outputs = new OrtValue?[form.Wanted.Length];
        _views = new OutputView[form.Wanted.Length];
        for (int i = 0; i < _views.Length && placed; i++)
        {
            PlaceOutput(i, rows, buffers.Outputs[form.Wanted[i]]);
        }

        BindInputs();
        BindOutputs();
    }

    /// <summary>True when all outputs come to lie in the lane's buffers.</summary>
    public bool IsPlaced => !_outputs.Contains(null);

    /// <summary>The text tensor of a BYTES input, to be filled before the run.</summary>
    public OrtValue Text(int input) => _inputs[input];

    /// <summary>Runs on what the buffers hold.</summary>
    /// <returns>Views of all wanted outputs, good until <see cref="Release"/>.</returns>
    public ReadOnlySpan<OutputView> Run(InferenceSession session, RunOptions options, long maxOutputBytes)
    {
        if (_bindsInputsEveryRun)
        {
            BindInputs();
        }

        session.RunWithBinding(options, _binding);
        if (!IsPlaced)
        {
            Collect(maxOutputBytes);
        }

        return _views;
    }

    /// <summary>Gives back what a run put into memory of ONNX Runtime's own.</summary>
    public void Release()
    {
        if (!IsPlaced)
        {
            _results?.Dispose();
            _results = null;
            _binding.ClearBoundOutputs();
            BindOutputs();
        }
    }

    public void Dispose()
    {
        _results?.Dispose();
        _binding.Dispose();
        foreach (OrtValue? value in _inputs.Concat(_outputs))
        {
            value?.Dispose();
        }
    }

    private static OrtValue Input(TensorPort port, long[] shape, NativeBuffer buffer) => port.Datatype == TensorDatatype.BYTES
        ? OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape)
        : OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, port.ElementType, shape, buffer.Address, buffer.Capacity);

    private void PlaceOutput(int at, int rows, NativeBuffer buffer)
    {
        TensorPort port = _layout.Outputs[_form.Wanted[at]];
        if (_form.OutputShape(_form.Wanted[at], rows) is { } shape)
        {
            _outputs[at] = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, port.ElementType, shape, buffer.Address, buffer.Capacity);
            _views[at] = new OutputView(port, shape, buffer.Address, LaneBuffers.Bytes(port, shape));
        }
    }

    private void BindInputs()
    {
        for (int i = 0; i < _inputs.Length; i++)
        {
            _binding.BindInput(_layout.Inputs[i].Name, _inputs[i]);
        }
    }

    private void BindOutputs()
    {
        for (int i = 0; i < _outputs.Length; i++)
        {
            string name = _layout.Outputs[_form.Wanted[i]].Name;
            if (_outputs[i] is { } value)
            {
                _binding.BindOutput(name, value);
            }
            else
            {
                _binding.BindOutputToDevice(name, OrtMemoryInfo.DefaultInstance);
            }
        }
    }

    private void Collect(long maxOutputBytes)
    {
        _results = _binding.GetOutputValues();
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i] is null)
            {
                _views[i] = new OutputView(_layout.Outputs[_form.Wanted[i]], _results.ElementAt(i), maxOutputBytes);
            }
        }
    }
}

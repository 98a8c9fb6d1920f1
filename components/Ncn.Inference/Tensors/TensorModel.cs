using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Providers;
using Ncn.Inference.Repository;
using Ncn.Inference.Scheduling;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>An ONNX model with tensors in and tensors out.</summary>
public sealed class TensorModel : IAsyncDisposable
{
    private readonly InferenceSession _session;
    private readonly ModelLimits _limits;

    /// <summary>Loads the model file.</summary>
    /// <exception cref="InvalidDataException">ONNX Runtime refuses the file, or an input or all outputs are no tensors.</exception>
    public TensorModel(string file, ModelLimits limits, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _limits = limits;
        Slots = new RequestSlots(options.Slots, options.MaxWaiting);
        _session = Open(file, options);
        Signature = ReadSignature(_session);
    }

    /// <summary>Inputs and outputs with their types and shapes.</summary>
    public TensorSignature Signature { get; }

    /// <summary>Slots and waiting requests.</summary>
    public RequestSlots Slots { get; }

    /// <summary>Runs the model on one request.</summary>
    /// <param name="inputs">Every input once.</param>
    /// <param name="outputs">Names of the outputs to return, in this order; none means all.</param>
    /// <param name="cancellationToken">Ends the wait for a slot, or the run between two operators.</param>
    /// <exception cref="InferenceException">The request does not fit, all slots are taken, or the model failed.</exception>
    public async Task<IReadOnlyList<TensorValue>> RunAsync(
        IReadOnlyList<TensorValue> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        string? problem = Signature.Problem(inputs, _limits.MaxBatch, _limits.MaxInputBytes) ?? Signature.OutputProblem(outputs);
        if (problem is not null)
        {
            throw InferenceException.Invalid(problem);
        }

        IReadOnlyList<string> names = outputs.Count > 0 ? outputs : [.. Signature.Outputs.Select(spec => spec.Name)];
        using IDisposable slot = await Slots.EnterAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Run(inputs, names, cancellationToken), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Waits for running requests, then frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await Slots.CloseAsync().ConfigureAwait(false);
        _session.Dispose();
    }

    private TensorValue[] Run(IReadOnlyList<TensorValue> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        var wrapped = new List<(OrtValue Value, MemoryHandle Pin)>();
        using var run = new RunOptions();
        using CancellationTokenRegistration stop = cancellationToken.Register(() => run.Terminate = true);
        try
        {
            wrapped.AddRange(inputs.Select(OnnxTensors.Wrap));
            using IDisposableReadOnlyCollection<OrtValue> results =
                _session.Run(run, [.. inputs.Select(input => input.Name)], [.. wrapped.Select(item => item.Value)], outputs);
            return [.. results.Select((value, i) => OnnxTensors.Copy(outputs[i], value))];
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Explained(exception);
        }
        finally
        {
            foreach ((OrtValue value, MemoryHandle pin) in wrapped)
            {
                value.Dispose();
                pin.Dispose();
            }
        }
    }

    /// <summary>ONNX Runtime finds sizes that do not go together (two inputs of different batch) only when it runs.</summary>
    private static InferenceException Explained(OnnxRuntimeException exception) =>
        exception.Message.StartsWith("[ErrorCode:InvalidArgument]", StringComparison.Ordinal)
            ? new(InferenceFault.InvalidRequest, "The inputs do not go together: the model refused their sizes or values.", exception)
            : new(InferenceFault.ModelFailed, "The model failed on this input.", exception);

    private static InferenceSession Open(string file, InferenceOptions options)
    {
        using SessionOptions session = ExecutionProviders.SessionOptions(options);
        try
        {
            return new InferenceSession(file, session);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load {Path.GetFileName(file)}: {exception.Message}", exception);
        }
    }

    private static TensorSignature ReadSignature(InferenceSession session)
    {
        TensorSpec[] inputs = [.. session.InputNames.Select(name => OnnxTensors.Spec(name, session.InputMetadata[name])
            ?? throw new InvalidDataException($"input '{name}' is no tensor of a type that the Open Inference Protocol carries"))];
        TensorSpec[] outputs = [.. session.OutputNames.Select(name => OnnxTensors.Spec(name, session.OutputMetadata[name])).OfType<TensorSpec>()];
        return outputs.Length > 0
            ? new TensorSignature(inputs, outputs)
            : throw new InvalidDataException("the model has no output that is a tensor");
    }
}

using System.Runtime.InteropServices;
using Ncn.Inference;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Tensors;

/// <summary>The worker's engine for one tensor model, as the worker calls it.</summary>
internal sealed class TensorEngine : IAsyncDisposable
{
    private readonly ModelRepository _repository;
    private readonly TensorModel _model;

    public TensorEngine(string root, string name, BenchmarkOptions chosen)
    {
        var options = new InferenceOptions { ExecutionProvider = chosen.Provider, Threads = chosen.Threads, MaxWaiting = 1024 };
        _repository = ModelRepository.Load(root, options, [name]);
        _model = _repository.Models.OfType<LoadedTensorModel>().FirstOrDefault()?.Engine
            ?? throw new BenchmarkFailedException(string.Join("; ", _repository.Failures.Select(failure => $"{failure.Model}: {failure.Problem}")));
    }

    /// <summary>One row in, one row out.</summary>
    public async Task<float[]> RunAsync(float[] row)
    {
        var input = new TensorValue("input", TensorDatatype.FP32, [1, row.Length], MemoryMarshal.AsBytes<float>(row).ToArray());
        using TensorAnswer outputs = await _model.RunAsync([input], [], CancellationToken.None);
        return MemoryMarshal.Cast<byte, float>(outputs[0].Data.Span).ToArray();
    }

    public ValueTask DisposeAsync() => _repository.DisposeAsync();
}

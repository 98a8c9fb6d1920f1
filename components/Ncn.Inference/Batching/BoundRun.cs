using Microsoft.ML.OnnxRuntime;

namespace Ncn.Inference.Batching;

/// <summary>A session's inputs and outputs, bound once to their memory and run many times.</summary>
internal sealed class BoundRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly List<OrtValue> _cache = [];
    private readonly Dictionary<string, OrtValue> _inputs = [];
    private OrtValue? _output;

    /// <param name="session">What is run.</param>
    /// <param name="cache">Memory that is read as an input and written as an output.</param>
    public BoundRun(InferenceSession session, IEnumerable<(string Past, string Present, OrtValue View)> cache)
    {
        _session = session;
        _binding = session.CreateIoBinding();
        foreach ((string past, string present, OrtValue view) in cache)
        {
            _cache.Add(view);
            _binding.BindInput(past, view);
            _binding.BindOutput(present, view);
        }
    }

    /// <summary>Binds an input and owns the value from now on.</summary>
    public void Bind(string name, OrtValue value)
    {
        _binding.BindInput(name, value);
        if (_inputs.TryGetValue(name, out OrtValue? before))
        {
            before.Dispose();
        }

        _inputs[name] = value;
    }

    /// <summary>Binds the output and owns the value from now on.</summary>
    public void BindOutput(string name, OrtValue value)
    {
        _binding.BindOutput(name, value);
        _output?.Dispose();
        _output = value;
    }

    /// <summary>Binds all inputs again, whose content has changed.</summary>
    public void BindAgain()
    {
        foreach ((string name, OrtValue value) in _inputs)
        {
            _binding.BindInput(name, value);
        }
    }

    public void Run(RunOptions options) => _session.RunWithBinding(options, _binding);

    public void Dispose()
    {
        _binding.Dispose();
        _output?.Dispose();
        foreach (OrtValue value in _cache.Concat(_inputs.Values))
        {
            value.Dispose();
        }
    }
}

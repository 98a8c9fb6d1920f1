using Ncn.Inference.Scheduling;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>A request on its way through a model.</summary>
/// <param name="inputs">Checked, in the model's order. The memory is the caller's until the task ends.</param>
/// <param name="form">What it shares with others.</param>
internal sealed class TensorRequest(TensorValue[] inputs, TensorForm form)
{
    private readonly TaskCompletionSource<TensorAnswer> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    public TensorValue[] Inputs { get; } = inputs;

    public TensorForm Form { get; } = form;

    /// <summary>Rows of a form that merges; 1 otherwise.</summary>
    public int Rows { get; } = form.Merges ? checked((int)inputs[0].Rows) : 1;

    public BatchItem Item { get; set; }

    /// <summary>The run that it is part of; null while it waits.</summary>
    public TensorBatch? Batch { get; set; }

    /// <summary>True when the caller gave up during the run.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Set by the run, or <see cref="Error"/> is.</summary>
    public TensorAnswer? Answer { get; set; }

    public Exception? Error { get; set; }

    public Task<TensorAnswer> Task => _done.Task;

    public void Watch(Action<TensorRequest> cancel, CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            _token = token;
            _registration = token.UnsafeRegister(static state => Cancel(state), (this, cancel));
        }
    }

    /// <summary>Ends the caller's wait.</summary>
    public void Complete()
    {
        _registration.Unregister();
        if (IsCancelled)
        {
            Answer?.Dispose();
            _done.TrySetCanceled(_token);
        }
        else if (Error is not null)
        {
            _done.TrySetException(Error);
        }
        else
        {
            _done.TrySetResult(Answer!);
        }
    }

    private static void Cancel(object? state)
    {
        var (request, cancel) = ((TensorRequest, Action<TensorRequest>))state!;
        cancel(request);
    }
}

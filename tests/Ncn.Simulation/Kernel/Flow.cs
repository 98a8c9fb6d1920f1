using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Ncn.Simulation.Kernel;

/// <summary>A value that will be there later. Whoever awaits it goes on inside the event that brings it: nothing runs beside the world.</summary>
public class Pending<T> : INotifyCompletion
{
    private T _value = default!;
    private Action? _next;

    /// <summary>Whether the value is there.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>Brings the value; what comes after the first is ignored.</summary>
    public void Complete(T value)
    {
        if (IsCompleted)
        {
            return;
        }

        (_value, IsCompleted) = (value, true);
        var next = _next;
        _next = null;
        next?.Invoke();
    }

    public Pending<T> GetAwaiter() => this;

    public T GetResult() => _value;

    public void OnCompleted(Action continuation) => _next = continuation;
}

/// <summary>What an async method of a simulated process returns. A process that crashes never goes on: no event of its old life comes any more.</summary>
[AsyncMethodBuilder(typeof(FlowBuilder<>))]
public sealed class Flow<T> : Pending<T>
{
    internal Action? Resume { get; set; }
}

/// <summary>As <see cref="Flow{T}"/>, without a value.</summary>
[AsyncMethodBuilder(typeof(FlowBuilder))]
public sealed class Flow : Pending<bool>
{
    internal Action? Resume { get; set; }
}

/// <summary>The compiler's seam for <see cref="Flow{T}"/>. An exception is a violation and leaves through the event that caused it.</summary>
public struct FlowBuilder<T>
{
    public Flow<T> Task { get; private init; }

    public static FlowBuilder<T> Create() => new() { Task = new Flow<T>() };

    public readonly void Start<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine => machine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public readonly void SetResult(T result) => Task.Complete(result);

    public readonly void SetException(Exception exception) => ExceptionDispatchInfo.Throw(exception);

    public readonly void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine
    {
        if (Task.Resume is null)
        {
            var box = new MachineBox<TMachine>();
            Task.Resume = box.MoveNext;
            box.Machine = machine;
        }

        awaiter.OnCompleted(Task.Resume);
    }

    public readonly void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine => AwaitOnCompleted(ref awaiter, ref machine);
}

/// <summary>The compiler's seam for <see cref="Flow"/>.</summary>
public struct FlowBuilder
{
    public Flow Task { get; private init; }

    public static FlowBuilder Create() => new() { Task = new Flow() };

    public readonly void Start<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine => machine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public readonly void SetResult() => Task.Complete(true);

    public readonly void SetException(Exception exception) => ExceptionDispatchInfo.Throw(exception);

    public readonly void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine
    {
        if (Task.Resume is null)
        {
            var box = new MachineBox<TMachine>();
            Task.Resume = box.MoveNext;
            box.Machine = machine;
        }

        awaiter.OnCompleted(Task.Resume);
    }

    public readonly void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine => AwaitOnCompleted(ref awaiter, ref machine);
}

internal sealed class MachineBox<TMachine>
    where TMachine : IAsyncStateMachine
{
    internal TMachine Machine = default!;

    internal void MoveNext() => Machine.MoveNext();
}

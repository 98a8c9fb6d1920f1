using System.Reflection;
using System.Text.Json;

namespace Dapr.Actors.Communication;

/// <summary>One method of an actor interface: how it is called from afar, and how it is run.</summary>
internal abstract class ActorMethod
{
    private readonly MethodInvoker invoker;

    protected ActorMethod(MethodInfo method)
    {
        invoker = MethodInvoker.Create(method);
        Name = method.Name;
        Id = RemotingId.Of(method);
        var parameters = method.GetParameters();
        HasToken = parameters.Length > 0 && parameters[^1].ParameterType == typeof(CancellationToken);
        Arguments = [.. parameters.Where(parameter => parameter.ParameterType != typeof(CancellationToken)).Select(parameter => new ActorArgument(parameter.Name!, parameter.ParameterType))];
    }

    internal string Name { get; }

    internal int Id { get; }

    /// <summary>The arguments that travel; a CancellationToken does not.</summary>
    internal IReadOnlyList<ActorArgument> Arguments { get; }

    internal bool HasToken { get; }

    internal abstract bool ReturnsValue { get; }

    internal static ActorMethod Create(MethodInfo method)
    {
        if (method.ReturnType == typeof(Task))
        {
            return new VoidActorMethod(method);
        }
        var type = typeof(ValueActorMethod<>).MakeGenericType(method.ReturnType.GenericTypeArguments[0]);
        return (ActorMethod)Activator.CreateInstance(type, method)!;
    }

    /// <summary>Calls the actor and returns the Task or Task of T that the interface promises.</summary>
    internal abstract Task Call(RemotingCall call);

    /// <summary>Runs the method; the result is boxed, null for none.</summary>
    internal abstract Task<object?> RunAsync(object actor, object?[] arguments, CancellationToken cancellationToken);

    internal abstract byte[] WriteResult(object? result, JsonSerializerOptions json);

    /// <summary>Writes the result without a wrapper, for callers that use no remoting.</summary>
    internal abstract byte[] WriteBareResult(object? result, JsonSerializerOptions json);

    protected Task Start(object actor, object?[] arguments, CancellationToken cancellationToken)
    {
        object?[] all = HasToken ? [.. arguments, cancellationToken] : arguments;
        return (Task)invoker.Invoke(actor, all.AsSpan())!;
    }
}

internal sealed record ActorArgument(string Name, Type Type);

internal sealed class VoidActorMethod(MethodInfo method) : ActorMethod(method)
{
    internal override bool ReturnsValue => false;

    internal override Task Call(RemotingCall call) => call.SendAsync();

    internal override async Task<object?> RunAsync(object actor, object?[] arguments, CancellationToken cancellationToken)
    {
        await Start(actor, arguments, cancellationToken).ConfigureAwait(false);
        return null;
    }

    internal override byte[] WriteResult(object? result, JsonSerializerOptions json) => [];

    internal override byte[] WriteBareResult(object? result, JsonSerializerOptions json) => [];
}

internal sealed class ValueActorMethod<TResult>(MethodInfo method) : ActorMethod(method)
{
    internal override bool ReturnsValue => true;

    internal override async Task<object?> RunAsync(object actor, object?[] arguments, CancellationToken cancellationToken) =>
        await ((Task<TResult>)Start(actor, arguments, cancellationToken)).ConfigureAwait(false);

    internal override Task Call(RemotingCall call) => CallAsync(call);

    internal override byte[] WriteResult(object? result, JsonSerializerOptions json) => RemotingBody.WriteResult((TResult?)result, json);

    internal override byte[] WriteBareResult(object? result, JsonSerializerOptions json) => JsonSerializer.SerializeToUtf8Bytes((TResult?)result, json);

    private static async Task<TResult> CallAsync(RemotingCall call)
    {
        var body = await call.SendAsync().ConfigureAwait(false);
        return RemotingBody.ReadResult<TResult>(body, call.Json)!;
    }
}

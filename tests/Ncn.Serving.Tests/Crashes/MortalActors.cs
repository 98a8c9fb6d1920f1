using System.Reflection;
using Dapr.Actors;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Crashes;

/// <summary>The registry as one life of a gateway sees it: there is a point before each call takes effect, and one before its answer is there.</summary>
internal sealed class MortalActors(MemoryActors registry, Life life, Func<string, string> nameOf) : IActorProxyFactory
{
    public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor
    {
        var proxy = DispatchProxy.Create<TActorInterface, PassingActor>();
        ((PassingActor)(object)proxy).Begin(registry.CreateActorProxy<TActorInterface>(actorId, actorType), life, nameOf(actorId.GetId()));
        return proxy;
    }

    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
        throw new NotSupportedException();

    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();
}

/// <summary>Made at run time for each interface of an actor, so it cannot be sealed.</summary>
public class PassingActor : DispatchProxy
{
    private static readonly MethodInfo Generic = typeof(PassingActor).GetMethod(nameof(AskAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;
    private object _target = null!;
    private Life _life = null!;
    private string _name = "";

    internal void Begin(object target, Life life, string name) => (_target, _life, _name) = (target, life, name);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var (method, given) = (targetMethod!, args ?? []);
        return method.ReturnType == typeof(Task)
            ? TellAsync(method, given)
            : Generic.MakeGenericMethod(method.ReturnType.GenericTypeArguments[0]).Invoke(this, [method, given]);
    }

    private async Task<T> AskAsync<T>(MethodInfo method, object?[] args)
    {
        var point = PointOf(method, args);
        await _life.PassActorAsync($"before {point}");
        var answer = await (Task<T>)method.Invoke(_target, args)!;
        await _life.PassActorAsync($"after {point}");
        return answer;
    }

    private async Task TellAsync(MethodInfo method, object?[] args)
    {
        var point = PointOf(method, args);
        await _life.PassActorAsync($"before {point}");
        await (Task)method.Invoke(_target, args)!;
        await _life.PassActorAsync($"after {point}");
    }

    private string PointOf(MethodInfo method, object?[] args) =>
        $"{_name}: {(args is [ChannelStep[] steps] ? string.Join('+', steps.Select(StepOf).Distinct()) : method.Name)}";

    private static string StepOf(ChannelStep step) =>
        step.Reserve is not null ? "reserve"
        : step.Authorize is not null ? "authorize"
        : step.Charge is not null ? "charge"
        : step.Release is not null ? "release"
        : "other";
}

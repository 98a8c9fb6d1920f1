using System.Reflection;
using System.Text.Json;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Client;

/// <summary>Implements an actor interface at run time; each call becomes one request to the sidecar.</summary>
internal class RemotingProxy : DispatchProxy, IActorProxy
{
    private ActorInterface contract = null!;
    private ActorSidecar sidecar = null!;
    private JsonSerializerOptions json = null!;

    public ActorId ActorId { get; private set; } = null!;

    public string ActorType { get; private set; } = null!;

    internal static object Create(ActorInterface contract, ActorId actorId, string actorType, ActorSidecar sidecar, JsonSerializerOptions json)
    {
        var proxy = (RemotingProxy)DispatchProxy.Create(contract.Type, typeof(RemotingProxy));
        proxy.contract = contract;
        proxy.ActorId = actorId;
        proxy.ActorType = actorType;
        proxy.sidecar = sidecar;
        proxy.json = json;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var method = contract[targetMethod!];
        var values = args ?? [];
        var token = method.HasToken ? (CancellationToken)values[^1]! : CancellationToken.None;
        var header = new RequestHeader
        {
            MethodId = method.Id,
            InterfaceId = contract.Id,
            ActorId = ActorId,
            CallContext = Guid.NewGuid().ToString(),
            MethodName = method.Name,
            ActorType = ActorType,
        };
        return method.Call(new RemotingCall(sidecar, header, RemotingBody.WriteArguments(method, values, json), json, token));
    }
}

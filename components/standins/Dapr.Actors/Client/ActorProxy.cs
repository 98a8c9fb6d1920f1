using System.Net.Http.Headers;
using System.Text.Json;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Client;

/// <summary>Calls an actor's methods by name, without remoting headers: the argument and the result are bare JSON.</summary>
public class ActorProxy : IActorProxy
{
    private static readonly MediaTypeHeaderValue BodyType = new("application/json") { CharSet = "utf-8" };
    private readonly ActorSidecar sidecar;
    private readonly JsonSerializerOptions json;

    internal ActorProxy(ActorId actorId, string actorType, ActorSidecar sidecar, JsonSerializerOptions json)
    {
        ActorId = actorId;
        ActorType = actorType;
        this.sidecar = sidecar;
        this.json = json;
    }

    /// <summary>The factory behind the static methods; configured from the environment.</summary>
    public static IActorProxyFactory DefaultProxyFactory { get; } = new ActorProxyFactory();

    /// <inheritdoc/>
    public ActorId ActorId { get; }

    /// <inheritdoc/>
    public string ActorType { get; }

    /// <summary>Creates a typed proxy.</summary>
    public static TActorInterface Create<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor =>
        DefaultProxyFactory.CreateActorProxy<TActorInterface>(actorId, actorType, options);

    /// <summary>Creates a typed proxy.</summary>
    public static object Create(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
        DefaultProxyFactory.CreateActorProxy(actorId, actorInterfaceType, actorType, options);

    /// <summary>Creates a proxy that calls methods by name.</summary>
    public static ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) =>
        DefaultProxyFactory.Create(actorId, actorType, options);

    /// <summary>Calls a method with one argument and a result.</summary>
    public async Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(string method, TRequest data, CancellationToken cancellationToken = default) =>
        Parse<TResponse>(await SendAsync(method, Body(data), cancellationToken).ConfigureAwait(false));

    /// <summary>Calls a method with one argument and no result.</summary>
    public Task InvokeMethodAsync<TRequest>(string method, TRequest data, CancellationToken cancellationToken = default) =>
        SendAsync(method, Body(data), cancellationToken);

    /// <summary>Calls a method with no argument and a result.</summary>
    public async Task<TResponse> InvokeMethodAsync<TResponse>(string method, CancellationToken cancellationToken = default) =>
        Parse<TResponse>(await SendAsync(method, null, cancellationToken).ConfigureAwait(false));

    /// <summary>Calls a method with neither argument nor result.</summary>
    public Task InvokeMethodAsync(string method, CancellationToken cancellationToken = default) => SendAsync(method, null, cancellationToken);

    private ByteArrayContent Body<TRequest>(TRequest data) =>
        new(JsonSerializer.SerializeToUtf8Bytes(data, json)) { Headers = { ContentType = BodyType } };

    private TResponse Parse<TResponse>(byte[] body) => body.Length == 0 ? default! : JsonSerializer.Deserialize<TResponse>(body, json)!;

    private async Task<byte[]> SendAsync(string method, HttpContent? content, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(method);
        using var request = new HttpRequestMessage(HttpMethod.Put, sidecar.MethodUri(ActorType, ActorId.GetId(), method)) { Content = content };
        using var response = await sidecar.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }
}

using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Payments.Exact;

/// <summary>The operator's payments between settlement and delivery, kept by its PaymentsActor.</summary>
public sealed class PaymentBook(IActorProxyFactory actors, GatewayIdentity identity)
{
    public Task<OpenPayment?> FindAsync(Hash32 id) => Actor().FindAsync(id);

    public Task<OpenPayment[]> ListAsync() => Actor().ListAsync();

    public Task<OpenPaymentResult> OpenAsync(ExactPayload payload, RequestId request) => Actor().OpenAsync(new OpenPaymentCall(payload, request));

    public Task CloseAsync(Hash32 id) => Actor().CloseAsync(id);

    public Task<OpenPaymentResult> OweAsync(Hash32 id) => Actor().OweAsync(id);

    public Task<OpenPaymentResult> ReturnAsync(Hash32 id, Hash32 transaction) => Actor().ReturnAsync(new ReturnCall(id, transaction));

    private IPaymentsActor Actor() =>
        actors.CreateActorProxy<IPaymentsActor>(ActorTypes.IdOf(identity.Address), ActorTypes.Payments);
}

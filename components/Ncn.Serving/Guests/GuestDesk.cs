using System.Net;
using System.Net.Sockets;
using System.Text;
using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Guests;

/// <summary>Gives requests away, so many a day to each guest; the operator pays the nodes for them. Afterwards the guest is asked to pay.</summary>
/// <remarks>
/// Who brings no payment is known by its address, who pays from a channel by its payer. A payer's channel must hold what the request would
/// cost: keys cost nothing, and each would be a new guest. Free requests run at once or not at all; the queue is for those who pay.
/// </remarks>
public sealed class GuestDesk(IActorProxyFactory actors, EscrowCache escrow, GatewayIdentity identity, IOptions<GatewayOptions> gateway, SubnetTerms terms)
{
    /// <summary>The request as a guest's: a free one, unless the guest has had all of its today. Null where nobody is a guest with it.</summary>
    internal async ValueTask<Visit?> InviteAsync(ClientCall call, PricedOrder priced, Func<ClientPayment?> payment)
    {
        var most = terms.FreeTier;
        if ((most.RequestsPerAddress == 0 && most.RequestsPerPayer == 0) || priced.Ceiling.IsZero || priced.Ceiling > most.MaxCeiling || call.PrefersAsync)
        {
            return null;
        }

        var (guest, perDay) = call.Payment is null ? (NameOf(call.Remote), most.RequestsPerAddress) : (await NameOfAsync(payment(), priced.Ceiling, call, most), most.RequestsPerPayer);
        return guest is null || perDay == 0 ? null
            : new Visit(priced with { Ceiling = TokenAmount.Zero, Guest = guest }, guest, (await Actor(guest).TakeAsync(new FreeRequestCall(HashOf(guest), (int)perDay))).IsFree);
    }

    /// <summary>It was not let in, or needed no run: the guest has it still.</summary>
    internal Task ReturnAsync(string guest) => Actor(guest).ReturnAsync(HashOf(guest));

    private async ValueTask<string?> NameOfAsync(ClientPayment? payment, TokenAmount ceiling, ClientCall call, FreeTier most)
    {
        if (most.RequestsPerPayer == 0 || payment is not ClientPayment.Voucher voucher)
        {
            return null;
        }

        var view = await escrow.GetAsync(voucher.Signed.Config.Id(identity.PaymentsDomain), voucher.Signed.MaxClaimableAmount, call.Gone);
        return view.Funds.Spendable < ceiling ? null : $"payer:{voucher.Signed.Config.Payer}";
    }

    private static string? NameOf(IPAddress? address)
    {
        if (address is null)
        {
            return null;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var bytes = plain.GetAddressBytes();
        return plain.AddressFamily == AddressFamily.InterNetworkV6 ? $"address:{Convert.ToHexStringLower(bytes.AsSpan(0, 8))}" : $"address:{plain}";
    }

    // Keyed by the subnet, so that nobody can look a guest of one up in the books of another.
    private Hash32 HashOf(string guest) => Keccak256.Of(Encoding.UTF8.GetBytes($"{gateway.Value.Subnet}\n{guest}"));

    private IGuestActor Actor(string guest) =>
        actors.CreateActorProxy<IGuestActor>(ActorTypes.IdOf(new SubnetId(gateway.Value.Subnet), HashOf(guest)), ActorTypes.Guest);
}

/// <summary>A guest's request.</summary>
/// <param name="Priced">As a free one.</param>
/// <param name="IsFree">False when the guest has had all of its requests today.</param>
internal sealed record Visit(PricedOrder Priced, string Guest, bool IsFree);

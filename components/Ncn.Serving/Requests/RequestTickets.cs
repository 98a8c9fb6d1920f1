using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Ncn.Serving.Calls;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Requests;

/// <summary>Gives priced requests their id, their seed, their deadline, and the way that they take.</summary>
public sealed class RequestTickets(RequestIds ids, IOptions<GatewayOptions> options, TimeProvider time)
{
    // A run numbers its attempts within a block of its own, so that the runs of one request never share a number.
    private const uint AttemptsPerInput = 256;

    /// <param name="waited">What has passed of the request's time already.</param>
    internal RequestTicket Issue(ClientCall call, Order order, PricedOrder priced, ClientPayment? payment, TimeSpan waited)
    {
        CheckQueue(call, order, payment);
        CheckPinned(order, priced);
        var key = KeyOf(payment, RequestIds.ReadKey(call) ?? payment?.Identifier);
        var duration = TimeSpan.FromSeconds(call.PrefersAsync ? options.Value.QueuedSeconds : options.Value.RequestSeconds);
        var path = call.PrefersAsync ? RequestPath.Queued
            : !priced.HasRoom && order.Inputs.Count == 1 && priced.Growth is null ? RequestPath.Overflow
            : key is null ? RequestPath.Direct : RequestPath.DirectRepeatable;
        return new RequestTicket(call, order, priced, Plans(order, priced, payment, key, duration - waited), payment, duration, path) { IsKeyed = key is not null };
    }

    private RunPlan[] Plans(Order order, PricedOrder priced, ClientPayment? payment, string? key, TimeSpan duration)
    {
        var request = key is null ? RequestIds.Random() : ids.FromKey(payment?.Caller.ToString() ?? priced.Guest ?? "anonymous", key);
        var seed = order.Seed ?? ids.SeedOf(request);
        var first = key is null ? 0 : DrawFirstAttempt();
        var deadline = time.GetUtcNow() + duration;
        return [.. order.Inputs.Select((input, index) =>
            new RunPlan(request, order.Model, input, order.Limit, unchecked(seed + (ulong)index), deadline)
            {
                FirstAttempt = first + ((uint)index * AttemptsPerInput),
                Node = order.Node,
                Fallbacks = order.Fallbacks,
                Preferences = order.Preferences,
                ChecksCommitments = order.ShowsCommitments,
                Choice = index,
            })];
    }

    // A transfer pays for one request, whatever key the client thought of: its nonce is the key.
    private static string? KeyOf(ClientPayment? payment, string? given) =>
        payment is ClientPayment.Exact exact ? RequestIds.KeyOf(exact.Payload) : given;

    private static void CheckQueue(ClientCall call, Order order, ClientPayment? payment)
    {
        if (!call.PrefersAsync)
        {
            if (call.Replaces is not null)
            {
                throw new ApiException(ApiError.BadRequest(
                    "replaces_without_later", $"Only a request that waits in the queue takes another's place there: send Prefer: respond-async too, or leave {HttpCalls.ReplacesHeader} out.", HttpCalls.ReplacesHeader));
            }

            return;
        }

        if (payment is ClientPayment.Exact)
        {
            throw new ApiException(ApiError.BadRequest(
                "unsupported_payment", "An answer for later cannot be paid by exact, which is settled when the answer is there; pay by batch-settlement.", "Prefer"));
        }

        if (order.Node is not null)
        {
            throw new ApiException(ApiError.BadRequest(
                "unsupported_preference", "A request for one node cannot wait in the queue, from which any node pulls; leave respond-async out.", "Prefer"));
        }

        if (order.Preferences.IsFilter)
        {
            throw new ApiException(ApiError.BadRequest(
                "unsupported_preference", "A request for certain nodes cannot wait in the queue, from which any node pulls; leave respond-async or the provider preferences out.", "Prefer"));
        }

        if (order.Inputs.Count > 1)
        {
            throw new ApiException(ApiError.BadRequest(
                "unsupported_preference", "A request for several choices cannot wait in the queue; ask once for each choice, or leave respond-async out.", "Prefer"));
        }
    }

    private static void CheckPinned(Order order, PricedOrder priced)
    {
        if ((order.Node is not null || order.Preferences.IsFilter || priced.Guest is not null) && !priced.HasRoom)
        {
            throw new ApiException(ApiError.NoRoom(order.Model));
        }
    }

    // In the upper half, clear of the lease tokens that number the attempts of queued requests, and with room to count on.
    private static uint DrawFirstAttempt() => 0x8000_0000 | (BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4)) & 0x7FFF_0000);
}

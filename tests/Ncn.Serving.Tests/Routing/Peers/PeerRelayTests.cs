using Ncn.Hosting.Outbound;
using Ncn.Payments.X402;
using Ncn.Serving.Hosting;
using Ncn.Serving.Routing.Peers;

namespace Ncn.Serving.Tests.Routing.Peers;

/// <summary>Requests for models of other gateways: who gets them, and what happens when that one is gone.</summary>
public sealed class PeerRelayTests
{
    [Fact]
    public async Task The_peer_that_has_the_model_answers_and_sees_who_passed_it_on()
    {
        await using var text = await StagedPeer.StartAsync("text", 1, "tiny-chat");
        await using var vision = await StagedPeer.StartAsync("vision", 2, "digits");
        using var town = new PeerTown(text, vision);
        await town.LookAsync();
        Assert.Equal((200, "vision: hello"), await town.AskAsync("digits"));
        Assert.Equal((0, 1), (text.Calls, vision.Calls));
        Assert.StartsWith("0x", vision.Forwarded, StringComparison.Ordinal);
        Assert.Equal((404, "model_not_found"), await town.AskAsync("unknown"));
    }

    [Fact]
    public async Task What_is_known_to_be_elsewhere_is_passed_on_before_it_is_refused()
    {
        var peer = await StagedPeer.StartAsync("vision", 1, "digits");
        using var town = new PeerTown(peer);
        await town.LookAsync();
        Assert.Equal((200, "vision: hello"), await town.PassAsync("digits"));
        Assert.Null(await town.PassAsync("unknown"));
        Assert.Null(await town.PassAsync("digits", (PeerRelay.ForwardedHeader, "0x01")));
        await peer.DisposeAsync();
        var failed = await town.PassAsync("digits");
        Assert.Equal(502, failed!.Value.Status);
        Assert.Contains("peer_unreachable", failed.Value.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_passed_on_is_passed_on_no_further()
    {
        await using var peer = await StagedPeer.StartAsync("text", 1, "tiny-chat");
        using var town = new PeerTown(peer);
        await town.LookAsync();
        Assert.Equal((404, "model_not_found"), await town.AskAsync("tiny-chat", null, (PeerRelay.ForwardedHeader, "0x01")));
    }

    [Fact]
    public async Task A_request_goes_to_the_next_peer_when_the_first_is_gone_and_the_first_is_left_out_at_once()
    {
        var gone = await StagedPeer.StartAsync("gone", 1, "tiny-chat");
        await using var there = await StagedPeer.StartAsync("there", 2, "tiny-chat");
        using var town = new PeerTown(gone, there);
        await town.LookAsync();
        await gone.DisposeAsync();
        Assert.Equal((200, "there: hello"), await town.AskAsync("tiny-chat", null, (X402Header.Signature, PaymentTo(gone))));
        Assert.False((await town.Directory.FindAsync("tiny-chat", null, default))[^1].Health.IsUp);
    }

    [Fact]
    public async Task A_request_that_waits_for_a_peer_that_hangs_goes_elsewhere_once_the_probes_say_so()
    {
        await using var stuck = await StagedPeer.StartAsync("stuck", 1, "tiny-chat");
        await using var there = await StagedPeer.StartAsync("there", 2, "tiny-chat");
        using var town = new PeerTown(
            [new PeerAddress(stuck.Url, stuck.Signer.Address, true), new PeerAddress(there.Url, there.Signer.Address, true)], patience: TimeSpan.FromMilliseconds(500));
        while ((await town.Directory.FindAsync("tiny-chat", null, default)) is not [{ Health.IsUp: true }, { Health.IsUp: true }])
        {
            await town.LookAsync();
        }

        stuck.Hangs = true;
        var asked = town.AskAsync("tiny-chat", null, (X402Header.Signature, PaymentTo(stuck)));
        var deadline = TimeProvider.System.GetTimestamp();
        while (!asked.IsCompleted && TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(60))
        {
            await town.LookAsync();
            await Task.Yield();
        }

        Assert.Equal((200, "there: hello"), await asked);
    }

    [Fact]
    public async Task A_peer_that_was_gone_is_used_again_once_it_is_back()
    {
        await using var peer = await StagedPeer.StartAsync("text", 1, "tiny-chat");
        using var town = new PeerTown(peer);
        await town.LookAsync();
        peer.IsDown = true;
        await UntilAsync(town, up: false);
        peer.IsDown = false;
        await UntilAsync(town, up: true);
        Assert.Equal((200, "text: hello"), await town.AskAsync("tiny-chat"));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(404)]
    public async Task A_peer_that_does_not_take_it_is_followed_by_the_next(int status)
    {
        await using var busy = await StagedPeer.StartAsync("busy", 1, "tiny-chat");
        await using var free = await StagedPeer.StartAsync("free", 2, "tiny-chat");
        using var town = new PeerTown(busy, free);
        await town.LookAsync();
        busy.Status = status;
        Assert.Equal((200, "free: hello"), await town.AskAsync("tiny-chat"));
        Assert.Equal((200, "free: hello"), await town.AskAsync("tiny-chat"));
    }

    [Fact]
    public async Task When_no_peer_takes_it_the_client_sees_what_the_last_one_said()
    {
        await using var busy = await StagedPeer.StartAsync("busy", 1, "tiny-chat");
        using var town = new PeerTown(busy);
        await town.LookAsync();
        busy.Status = 503;
        Assert.Equal((503, "busy: hello"), await town.AskAsync("tiny-chat"));
        busy.Status = 404;
        Assert.Equal((404, "model_not_found"), await town.AskAsync("tiny-chat"));
    }

    [Fact]
    public async Task When_every_peer_is_gone_the_client_hears_that()
    {
        var gone = await StagedPeer.StartAsync("gone", 1, "tiny-chat");
        using var town = new PeerTown(gone);
        await town.LookAsync();
        await gone.DisposeAsync();
        Assert.Equal((502, "peer_unreachable"), await town.AskAsync("tiny-chat"));
    }

    [Fact]
    public async Task A_challenge_and_a_bad_request_are_the_clients()
    {
        await using var dear = await StagedPeer.StartAsync("dear", 1, "tiny-chat");
        await using var other = await StagedPeer.StartAsync("other", 2, "tiny-chat");
        using var town = new PeerTown(dear, other);
        await town.LookAsync();
        (dear.Status, other.Status) = (402, 402);
        Assert.Equal(402, (await town.AskAsync("tiny-chat")).Status);
        (dear.Status, other.Status) = (400, 400);
        Assert.Equal(400, (await town.AskAsync("tiny-chat")).Status);
        Assert.Equal(2, dear.Calls + other.Calls);
    }

    [Fact]
    public async Task A_request_that_pays_somebody_goes_there_first()
    {
        await using var one = await StagedPeer.StartAsync("one", 1, "tiny-chat");
        await using var two = await StagedPeer.StartAsync("two", 2, "tiny-chat");
        using var town = new PeerTown(one, two);
        await town.LookAsync();
        foreach (var payee in new[] { one, two, one, two })
        {
            Assert.Equal((200, $"{payee.Name}: hello"), await town.AskAsync("tiny-chat", null, (X402Header.Signature, PaymentTo(payee))));
        }
    }

    [Fact]
    public async Task A_full_gateway_passes_on_what_pays_nobody_and_keeps_its_own_refusal_for_the_rest()
    {
        await using var peer = await StagedPeer.StartAsync("peer", 1, "tiny-chat");
        using var town = new PeerTown(peer);
        await town.LookAsync();
        Assert.Equal((200, "peer: hello"), await town.AskAsync("tiny-chat", ApiError.NoRoom("tiny-chat")));
        Assert.Equal((503, ApiError.NoCapacity), await town.AskAsync("tiny-chat", ApiError.NoRoom("tiny-chat"), (X402Header.Signature, PaymentTo(peer))));
        peer.Status = 503;
        Assert.Equal((503, ApiError.NoCapacity), await town.AskAsync("tiny-chat", ApiError.NoRoom("tiny-chat")));
    }

    [Fact]
    public async Task A_peer_that_somebody_else_named_is_called_at_allowed_addresses_only()
    {
        await using var inside = await StagedPeer.StartAsync("inside", 1, "tiny-chat");
        var named = new PeerAddress(inside.Url, inside.Signer.Address, IsConfigured: false);
        using var strict = new PeerTown([named]);
        await strict.LookAsync();
        Assert.Equal((404, "model_not_found"), await strict.AskAsync("tiny-chat"));
        using var local = new PeerTown([named], new AddressRules(AllowLoopback: true));
        await local.LookAsync();
        Assert.Equal((200, "inside: hello"), await local.AskAsync("tiny-chat"));
    }

    [Fact]
    public async Task A_peer_that_no_source_names_any_more_gets_nothing()
    {
        await using var peer = await StagedPeer.StartAsync("peer", 1, "tiny-chat");
        using var town = new PeerTown(peer);
        await town.LookAsync();
        town.Peers = [];
        await town.LookAsync();
        Assert.Equal((404, "model_not_found"), await town.AskAsync("tiny-chat"));
    }

    private static async Task UntilAsync(PeerTown town, bool up)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while ((await town.Directory.FindAsync("tiny-chat", null, default))[0].Health.IsUp != up)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(60), "The probes found no change.");
            await town.LookAsync();
            await Task.Yield();
        }
    }

    private static string PaymentTo(StagedPeer peer)
    {
        var gateway = peer.Signer.Address;
        return X402Header.Encode(new
        {
            x402Version = 2,
            accepted = new { scheme = "batch-settlement", network = "eip155:1" },
            payload = new
            {
                type = "voucher",
                channelConfig = new
                {
                    payer = gateway, payerAuthorizer = gateway, receiver = gateway, receiverAuthorizer = gateway, token = gateway, withdrawDelay = 900,
                    salt = $"0x{new string('0', 64)}",
                },
                voucher = new { channelId = $"0x{new string('0', 64)}", maxClaimableAmount = "1", signature = $"0x{new string('1', 130)}" },
            },
        });
    }
}

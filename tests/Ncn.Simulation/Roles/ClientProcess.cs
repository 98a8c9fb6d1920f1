using Ncn.Protocol;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>A client: signs running totals, sends orders, asks again where it may, and believes the books that it is told only up to what it signed.</summary>
internal sealed class ClientProcess(World world, int number, InvariantSet invariants) : Process(world, $"client {number}")
{
    private const int MostTries = 4;
    private TokenAmount _total;

    internal int Number { get; } = number;

    internal IReadOnlyList<GatewayProcess> Gateways { get; set; } = [];

    internal int Open { get; private set; }

    internal override void Start() => _total = default;

    internal void Begin(Order order) => _ = RunAsync(order, isOld: false);

    /// <summary>Sends an order with the voucher of long ago.</summary>
    internal void Cheat(Order order) => _ = RunAsync(order, isOld: true);

    internal void Cancel(Order order) => _ = Ask(Pick(), new CancelCall(order), 6_000);

    private GatewayProcess Pick() => Gateways[(int)World.Below((ulong)Gateways.Count)];

    private async Flow RunAsync(Order order, bool isOld)
    {
        Open++;
        for (var tries = 0; tries < MostTries; tries++)
        {
            // Promised from here on, whatever comes back: vouchers are running totals.
            _total += order.Ceiling;
            var voucher = Names.Voucher(Names.ClientChannel(Number), isOld ? order.Ceiling : _total);
            var reply = await Ask(Pick(), new OrderCall(order, voucher), order.Patience + 3_000) as OrderReply;
            Say($"{order.Key}: {(reply is null ? "no answer came" : $"{reply}")}");
            if (await IsOverAsync(order, reply))
            {
                break;
            }

            await Sleep(200 + World.Below(800));
        }

        Open--;
    }

    private async Flow<bool> IsOverAsync(Order order, OrderReply? reply)
    {
        switch (reply?.End)
        {
            case null:
                return !order.IsKeyed && !order.IsQueued;
            case CallEnd.VoucherTooLow or CallEnd.Refused when !reply.Total.IsZero:
                // A total above what it ever signed would be a lie of the gateway.
                invariants.Money.CheckTold(Name, reply.Total, Names.ClientLedger(Number));
                _total = reply.Total;
                return false;
            case CallEnd.Answered:
                invariants.Money.Delivered(order, reply.Answer!);
                return true;
            case CallEnd.Queued:
                await WaitAsync(order);
                return true;
            case CallEnd.Failed:
                return !order.IsKeyed;
            default:
                return true;
        }
    }

    private async Flow WaitAsync(Order order)
    {
        for (var waited = 0UL; waited < 3 * order.Patience; waited += 1_000)
        {
            await Sleep(1_000);
            var reply = await Ask(Pick(), new AnswerCall(order), 3_000) as OrderReply;
            if (reply?.Answer is { } answer)
            {
                if (answer.IsSuccess)
                {
                    invariants.Money.Delivered(order, answer);
                }

                return;
            }
        }
    }
}

using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Edge;

/// <summary>Signs the payments of a round before it begins: each is a higher total on the local client's channel.</summary>
internal sealed class Payments(BenchNetwork network, string folder)
{
    // The gateway's price with its margin, and room for requests that overtake each other.
    private static readonly TokenAmount Ceiling = new(MockModel.Paid.Price + 1);
    private const int Overtaking = 256;

    private readonly ChannelConfig _config = new(
        network.Client.Address, network.Client.Address, network.GatewayAddress, network.GatewayAddress, network.Token, 900, default);

    private TokenAmount _total = Ceiling * Overtaking;

    /// <summary>The file with one header a line.</summary>
    public string Write(int count)
    {
        string file = Path.Combine(folder, "payments.txt");
        var view = ChannelConfigView.From(_config);
        ChannelId channel = _config.Id(network.PaymentsDomain);
        using var lines = new StreamWriter(file);
        for (int i = 0; i < count; i++)
        {
            _total += Ceiling;
            SignedVoucher voucher = SignedVoucher.Create(_config, _total, network.Client, network.PaymentsDomain);
            var payload = new BatchPayload(BatchPayload.VoucherType, view, new VoucherView(channel, _total, voucher.Signature)) { Parallel = true };
            lines.WriteLine(X402Header.Encode(new PaymentPayload(2, payload)));
        }

        return file;
    }
}

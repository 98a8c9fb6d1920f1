namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>A request that Service Bus refuses; becomes <c>&lt;Error&gt;&lt;Code&gt;…&lt;/Code&gt;&lt;Detail&gt;…&lt;/Detail&gt;&lt;/Error&gt;</c> with the status.</summary>
internal sealed class BusException(int status, string detail, Exception? inner = null) : Exception(detail, inner)
{
    public int Status { get; } = status;

    public static BusException Malformed(string detail, Exception? inner = null) => new(400, detail, inner);
}

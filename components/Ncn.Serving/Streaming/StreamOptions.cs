using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Streaming;

/// <summary>Settings of the gRPC and WebSocket edge (section <c>Ncn:Stream</c>).</summary>
public sealed class StreamOptions
{
    /// <summary>Which protocols are answered: "grpc", "websocket" or "both". Default both.</summary>
    [Required, RegularExpression("^(both|grpc|websocket)$")]
    public string Serves { get; set; } = "both";

    /// <summary>Largest WebSocket message of a client, bytes: 1 KiB to 64 MiB, default 5 MiB (a body of 4 MiB and what is around it).</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxFrameBytes { get; set; } = 5 * 1024 * 1024;

    /// <summary>Largest answer that is not a stream, and largest event of one, bytes: 1 KiB to 256 MiB, default 64 MiB.</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int MaxAnswerBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Open sockets: 1 to 100,000, default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxSockets { get; set; } = 1_000;

    /// <summary>Requests in flight on one socket: 1 to 1,000, default 64.</summary>
    [Range(1, 1_000)]
    public int MaxRequestsPerSocket { get; set; } = 64;

    /// <summary>Frames a second that one socket may send over a longer time; four times as many at once: 1 to 10,000, default 50.</summary>
    [Range(1, 10_000)]
    public int FramesPerSecond { get; set; } = 50;

    /// <summary>Unreadable frames after which a socket is closed: 1 to 1,000, default 16.</summary>
    [Range(1, 1_000)]
    public int MaxBadFrames { get; set; } = 16;

    /// <summary>How often the server pings, and how long it waits for the pong, seconds: 1 to 600, default 20.</summary>
    [Range(1, 600)]
    public int PingSeconds { get; set; } = 20;

    /// <summary>How long a client may leave a frame unread before its socket is closed, seconds: 1 to 600, default 30.</summary>
    [Range(1, 600)]
    public int SendSeconds { get; set; } = 30;

    /// <summary>How long one message of a client may take to arrive, seconds: 1 to 600, default 30.</summary>
    [Range(1, 600)]
    public int ReceiveSeconds { get; set; } = 30;

    /// <summary>How long a socket without requests stays open, seconds: 1 to 86,400, default 600.</summary>
    [Range(1, 86_400)]
    public int IdleSeconds { get; set; } = 600;

    /// <summary>How long requests may go on while the server stops, seconds: 0 to 600, default 5.</summary>
    [Range(0, 600)]
    public int DrainSeconds { get; set; } = 5;

    /// <summary>How long a stream that has used up its payment waits for a larger voucher, seconds: 1 to 600, default 15.</summary>
    [Range(1, 600)]
    public int VoucherSeconds { get; set; } = 15;
}

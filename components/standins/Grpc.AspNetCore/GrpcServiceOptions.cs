using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Limits and behaviour of all gRPC services of an app.</summary>
public class GrpcServiceOptions
{
    /// <summary>Bytes; null means no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Bytes; null means no limit; default 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Whether a caller is told the text of an unexpected exception. Default false.</summary>
    public bool? EnableDetailedErrors { get; set; }
}

/// <summary>Returned by <c>AddGrpc</c> for further configuration.</summary>
public interface IGrpcServerBuilder
{
    IServiceCollection Services { get; }
}

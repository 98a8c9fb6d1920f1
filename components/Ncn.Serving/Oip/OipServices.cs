using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.Answers;
using Ncn.Serving.Oip.Grpc;

namespace Ncn.Serving.Oip;

/// <summary>Composes the Open Inference Protocol, over REST and over gRPC.</summary>
internal static class OipServices
{
    public static IServiceCollection AddNcnOpenInference(this IServiceCollection services) => services
        .AddSingleton<InferEndpoint>().AddSingleton<MetadataEndpoint>()
        .AddSingleton<IAnswerForm, GrpcForm>().AddSingleton<InferDesk>().AddSingleton<InferenceService>().AddSingleton<GrpcWatch>();
}

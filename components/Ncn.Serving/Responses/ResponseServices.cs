using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.Answers;

namespace Ncn.Serving.Responses;

/// <summary>Composes the Responses API.</summary>
internal static class ResponseServices
{
    public static IServiceCollection AddNcnResponses(this IServiceCollection services) => services
        .AddSingleton<ResponseForm>().AddSingleton<IAnswerForm>(static provider => provider.GetRequiredService<ResponseForm>())
        .AddSingleton<ResponseStore>().AddSingleton<ResponseRuns>().AddSingleton<ResponsesEndpoint>().AddSingleton<KeptResponsesEndpoint>();
}

using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.Answers;

namespace Ncn.Serving.OpenAi;

/// <summary>Composes OpenAI's API.</summary>
internal static class OpenAiServices
{
    public static IServiceCollection AddNcnOpenAi(this IServiceCollection services) => services
        .AddSingleton<ChatForm>().AddSingleton<IAnswerForm>(static provider => provider.GetRequiredService<ChatForm>())
        .AddSingleton<CompletionForm>().AddSingleton<IAnswerForm>(static provider => provider.GetRequiredService<CompletionForm>())
        .AddSingleton<EmbeddingForm>().AddSingleton<IAnswerForm>(static provider => provider.GetRequiredService<EmbeddingForm>())
        .AddSingleton<ModelsEndpoint>().AddSingleton<ChatEndpoint>().AddSingleton<CompletionsEndpoint>().AddSingleton<EmbeddingsEndpoint>();
}

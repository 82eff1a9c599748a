"""Whom people can sign in with, by the settings."""

from server.config.providers import OAuth
from server.oauth.github import GithubProvider
from server.oauth.openid import apple, google
from server.oauth.provider import Provider
from server.outside.asking import Asking


def providers_of(configured: OAuth, asking: Asking) -> dict[str, Provider]:
    """Make the providers that are configured, by name."""
    providers: list[Provider] = []
    if configured.google is not None:
        providers.append(google(configured.google, asking))
    if configured.github is not None:
        providers.append(GithubProvider(configured.github, asking))
    if configured.apple is not None:
        providers.append(apple(configured.apple, asking))
    return {provider.name: provider for provider in providers}

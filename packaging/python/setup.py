"""A wheel for every Python 3, of the one platform that the program in it is for."""
import os

from setuptools import setup
from wheel.bdist_wheel import bdist_wheel


class PlatformWheel(bdist_wheel):
    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        # The program is linked statically: any Linux of the machine's kind will do.
        return 'py3', 'none', 'manylinux2014_' + os.uname().machine


setup(version=os.environ['ODRADEK_VERSION'], cmdclass={'bdist_wheel': PlatformWheel})
